/** A limit that cannot be read; the message is the original's. */
export class MemorySizeError extends Error {
  override readonly name = 'MemorySizeError';
}

/** Factors of 1024 per unit. */
const UNIT_POWERS: Readonly<Record<string, number>> = {
  '': 0,
  B: 0,
  BYTES: 0,
  K: 1,
  KB: 1,
  M: 2,
  MB: 2,
  G: 3,
  GB: 3,
  T: 4,
  TB: 4,
};

/**
 * Bytes of `1048576`, `512MB`, `1.5 g`. The result is above 0 and below 2^63.
 *
 * @throws MemorySizeError
 */
export function parseMemorySize(text: string): number {
  const trimmed = text.trim().toUpperCase();
  const match = /^([+-]?[0-9.]+)\s*([A-Z]*)$/.exec(trimmed);
  if (!match) throw new MemorySizeError(`invalid memory limit format: ${text}`);
  const [, digits = '', unit = ''] = match;
  const value = Number(digits);
  if (Number.isNaN(value)) throw new MemorySizeError(`invalid numeric value in memory limit: ${digits}`);
  const power = UNIT_POWERS[unit];
  if (power === undefined) throw new MemorySizeError(`unsupported memory unit: ${unit}`);
  if (value <= 0) throw new MemorySizeError('memory limit must be greater than 0');
  const bytes = Math.floor(value * 1024 ** power);
  if (bytes >= 2 ** 63) throw new MemorySizeError('memory limit too large or causes overflow');
  return bytes;
}
