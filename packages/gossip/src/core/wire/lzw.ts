/**
 * Numbers both directions of LZW share: least significant bit first, 8-bit literals, codes of 9 to 12 bits, as in GIF
 * and in Go's standard library.
 */
export const CLEAR_CODE = 256;
export const END_CODE = 257;
export const FIRST_WIDTH = 9;
export const LAST_WIDTH = 12;
/** Codes that fit in the greatest width. */
export const CODE_COUNT = 1 << LAST_WIDTH;
