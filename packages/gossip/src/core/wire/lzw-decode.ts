import { WireError } from '../errors.ts';
import { CLEAR_CODE, CODE_COUNT, END_CODE, FIRST_WIDTH, LAST_WIDTH } from './lzw.ts';

const NONE = -1;
const MIN_CAPACITY = 64;

/** Entries since the last clear: what it extends, its last byte, its length. Calls run to the end, so they share it. */
const prefix = new Uint16Array(CODE_COUNT);
const suffix = new Uint8Array(CODE_COUNT);
const length = new Uint16Array(CODE_COUNT);
for (let literal = 0; literal < CLEAR_CODE; literal++) {
  suffix[literal] = literal;
  length[literal] = 1;
}

/**
 * The bytes that the LZW stream holds, up to its end code; what follows is ignored.
 *
 * @param maxBytes - more output than this is refused; memory grows with output, at most to twice of it
 *
 * Throws {@link WireError}: `GOSSIP_WIRE_COMPRESSION` for an impossible code or a stream without end,
 * `GOSSIP_WIRE_LIMIT` beyond `maxBytes`.
 */
export function lzwDecode(input: Uint8Array, maxBytes: number): Uint8Array {
  let output = new Uint8Array(Math.min(maxBytes, Math.max(MIN_CAPACITY, input.length * 4)));
  let size = 0;
  let at = 0;
  let bits = 0;
  let bitCount = 0;
  let width = FIRST_WIDTH;
  let high = END_CODE;
  let last = NONE;
  for (;;) {
    while (bitCount < width) {
      if (at === input.length) throw new WireError('GOSSIP_WIRE_COMPRESSION', 'compressed data has no end');
      bits |= input[at++]! << bitCount;
      bitCount += 8;
    }
    const code = bits & ((1 << width) - 1);
    bits >>>= width;
    bitCount -= width;

    if (code === END_CODE) return output.slice(0, size);
    if (code === CLEAR_CODE) {
      width = FIRST_WIDTH;
      high = END_CODE;
      last = NONE;
      continue;
    }
    // The entry being defined may be used already: it is the last one with its own first byte at the end.
    const isOwn = code === high && last !== NONE;
    if (code > high || (code === high && !isOwn)) {
      throw new WireError('GOSSIP_WIRE_COMPRESSION', `code ${code} where ${high} is the highest`);
    }
    const added = isOwn ? length[last]! + 1 : length[code]!;
    const end = size + added;
    if (end > maxBytes) throw new WireError('GOSSIP_WIRE_LIMIT', `inflates to more than ${maxBytes} bytes`);
    if (end > output.length) {
      const grown = new Uint8Array(Math.min(maxBytes, Math.max(end, output.length * 2)));
      grown.set(output.subarray(0, size));
      output = grown;
    }
    let to = isOwn ? end - 1 : end;
    for (let entry = isOwn ? last : code; to > size; entry = prefix[entry]!) output[--to] = suffix[entry]!;
    const first = output[size]!;
    if (isOwn) output[end - 1] = first;
    size = end;

    if (last !== NONE) {
      prefix[high] = last;
      suffix[high] = first;
      length[high] = length[last]! + 1;
    }
    last = code;
    high++;
    if (high < 1 << width) continue;
    if (width < LAST_WIDTH) {
      width++;
    } else {
      // Full: no entries until a clear.
      last = NONE;
      high--;
    }
  }
}
