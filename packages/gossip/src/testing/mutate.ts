import type { Random } from '@dkron/runtime';

const MAX_EDITS = 4;
const MAX_INSERTED_BYTES = 8;
/** Bytes that mean something to msgpack and to our layers. */
const TELLING = [0x00, 0x07, 0x09, 0x0a, 0x0c, 0x7f, 0x80, 0x9f, 0xc0, 0xc6, 0xcf, 0xd3, 0xdb, 0xdd, 0xdf, 0xf4, 0xff];

/** A damaged copy: a few bytes changed, cut out, doubled, put in or cut off, half of them with telling values. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let mutant = Uint8Array.from(bytes);
  for (let edits = 1 + random.nextInt(MAX_EDITS); edits > 0; edits--) mutant = edit(mutant, random);
  return mutant;
}

function edit(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const at = random.nextInt(bytes.length + 1);
  switch (random.nextInt(5)) {
    case 0:
      return bytes.slice(0, at);
    case 1: {
      const count = 1 + random.nextInt(MAX_INSERTED_BYTES);
      return join(
        bytes.subarray(0, at),
        Uint8Array.from({ length: count }, () => anyByte(random)),
        bytes.subarray(at),
      );
    }
    case 2:
      return join(bytes.subarray(0, at), bytes.subarray(at + 1 + random.nextInt(MAX_INSERTED_BYTES)));
    case 3:
      return join(bytes.subarray(0, at), bytes.subarray(random.nextInt(at + 1)));
    default:
      if (at < bytes.length) bytes[at] = anyByte(random);
      return bytes;
  }
}

function anyByte(random: Random): number {
  return random.nextInt(2) === 0 ? TELLING[random.nextInt(TELLING.length)]! : random.nextInt(256);
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
