const BYTES_MAX = 2 ** 63;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['B', 1],
  ['BYTES', 1],
  ['K', 1024],
  ['KB', 1024],
  ['M', 1024 ** 2],
  ['MB', 1024 ** 2],
  ['G', 1024 ** 3],
  ['GB', 1024 ** 3],
  ['T', 1024 ** 4],
  ['TB', 1024 ** 4],
]);

/** A size that cannot be read. `message` is the wording of the original. */
export class MemorySizeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MemorySizeError';
  }
}

/**
 * Reads a size: a positive integer in bytes, or a decimal number and a unit `B K KB M MB G GB T TB` (powers of 1024, any
 * case, nothing between them).
 *
 * @returns whole bytes, 1 … 2^63-1
 * @throws MemorySizeError
 */
export function parseMemorySize(text: string): number {
  const size = text.trim().toUpperCase();
  if (/^[+-]?\d+$/.test(size) && Math.abs(Number(size)) < BYTES_MAX) return positive(Number(size));
  const match = /^([\d.]+)([^]*)$/.exec(size);
  const digits = match?.[1];
  if (match === null || digits === undefined) throw new MemorySizeError(`invalid memory limit format: ${size}`);
  if (!/^(\d+\.?\d*|\.\d+)$/.test(digits)) {
    throw new MemorySizeError(`invalid numeric value in memory limit: ${digits}`);
  }
  const factor = UNITS.get(match[2] ?? '');
  if (factor === undefined) {
    throw new MemorySizeError(`unsupported memory unit: ${match[2]} (supported: B, KB, MB, GB, TB)`);
  }
  const bytes = Math.trunc(positive(Number(digits)) * factor);
  if (bytes < 1 || bytes >= BYTES_MAX) throw new MemorySizeError('memory limit too large or causes overflow');
  return bytes;
}

function positive(value: number): number {
  if (value <= 0) throw new MemorySizeError('memory limit must be greater than 0');
  return value;
}
