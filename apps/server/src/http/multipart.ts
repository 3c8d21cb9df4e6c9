import { Buffer } from 'node:buffer';

const HEADER_END = '\r\n\r\n';
/** Headers of one part. */
const HEADER_BYTES_MAX = 16_384;

/**
 * The first file of that field in a `multipart/form-data` body. Undefined when there is none: another type, a field
 * without file name, a body that breaks off.
 */
export function fileOf(body: Uint8Array, contentType: string | undefined, field: string): Uint8Array | undefined {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter needs no line break before it.
  let at = bytes.indexOf(delimiter.subarray(2));
  while (at >= 0) {
    const start = bytes.indexOf('\r\n', at + delimiter.length - 2);
    if (start < 0) return undefined;
    const end = bytes.indexOf(delimiter, start);
    if (end < 0) return undefined;
    const found = contentOf(bytes.subarray(start + 2, end), field);
    if (found !== undefined) return found;
    at = end + 2;
  }
  return undefined;
}

function boundaryOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !/^multipart\/form-data\s*;/i.test(contentType)) return undefined;
  const match = /;\s*boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/** The content of a part that is a file of the field. */
function contentOf(part: Buffer, field: string): Uint8Array | undefined {
  const headerEnd = part.subarray(0, HEADER_BYTES_MAX).indexOf(HEADER_END);
  if (headerEnd < 0) return undefined;
  const disposition = part
    .subarray(0, headerEnd)
    .toString('utf8')
    .split('\r\n')
    .find((line) => /^content-disposition:/i.test(line));
  if (disposition === undefined || parameter(disposition, 'name') !== field) return undefined;
  const fileName = parameter(disposition, 'filename');
  return fileName === undefined || fileName === '' ? undefined : part.subarray(headerEnd + HEADER_END.length);
}

function parameter(header: string, name: string): string | undefined {
  const match = new RegExp(String.raw`;\s*${name}=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))`, 'i').exec(header);
  return match?.[1]?.replaceAll(/\\(.)/g, '$1') ?? match?.[2];
}
