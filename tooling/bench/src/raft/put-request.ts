const KEY_FIELD = (1 << 3) | 2;
const VALUE_FIELD = (2 << 3) | 2;
const KEY = 'bench-key';

/** An etcd v3 `PutRequest` of exactly `bytes` bytes (200 to 10,000): what both sides replicate. */
export function putRequest(bytes: number): Buffer {
  const head = Buffer.concat([Buffer.from([KEY_FIELD, KEY.length]), Buffer.from(KEY)]);
  const length = bytes - head.length - 3;
  if (length < 128 || length > 0x3fff) throw new TypeError(`${bytes} bytes; 200 to 10000 are allowed`);
  const tag = Buffer.from([VALUE_FIELD, (length & 0x7f) | 0x80, length >> 7]);
  return Buffer.concat([head, tag, Buffer.alloc(length, 'v')]);
}

/** The request as one gRPC message: flag, length, bytes. */
export function grpcFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(5 + message.byteLength);
  frame[0] = 0;
  frame.writeUInt32BE(message.byteLength, 1);
  frame.set(message, 5);
  return frame;
}

/** The key of a `PutRequest`: its first field, as all clients write it. */
export function keyOf(request: Uint8Array): string {
  const length = request[1] ?? 0;
  if (request[0] !== KEY_FIELD || length > 127) throw new TypeError('no PutRequest with a key of up to 127 bytes');
  let key = '';
  for (let i = 2; i < 2 + length; i++) key += String.fromCharCode(request[i]!);
  return key;
}
