const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
const IPV6_GROUPS = 8;
const MAPPED_PREFIX_BYTES = 12;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

/** Text of an address of 4 or 16 bytes, mapped IPv4 as IPv4; `undefined` for other lengths. */
export function formatIp(bytes: Uint8Array | null): string | undefined {
  if (bytes === null) return undefined;
  const short = unmapIp(bytes);
  if (short.length === IPV4_BYTES) return short.join('.');
  if (short.length !== IPV6_BYTES) return undefined;
  const groups = Array.from({ length: IPV6_GROUPS }, (_, i) => (short[i * 2]! << 8) | short[i * 2 + 1]!);
  const gap = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (gap.length < 2) return hex.join(':');
  return `${hex.slice(0, gap.lo).join(':')}::${hex.slice(gap.lo + gap.length).join(':')}`;
}

/** Bytes of an IPv4 or IPv6 address in text, mapped IPv4 as 4; `undefined` if it is none. Zones are none. */
export function parseIp(text: string): Uint8Array | undefined {
  if (IPV4.test(text)) return Uint8Array.from(text.split('.'), Number);
  const halves = text.split('::');
  if (halves.length > 2 || !text.includes(':')) return undefined;
  if (halves.length === 2 && halves[0]!.includes('.')) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = IPV6_GROUPS - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
  return unmapIp(Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));
}

/** The 4 bytes of an IPv4 address that came as mapped IPv6 (`::ffff:a.b.c.d`); others unchanged. */
export function unmapIp(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== IPV6_BYTES) return bytes;
  for (let i = 0; i < MAPPED_PREFIX_BYTES; i++) {
    if (bytes[i] !== (i < MAPPED_PREFIX_BYTES - 2 ? 0 : 0xff)) return bytes;
  }
  return bytes.subarray(MAPPED_PREFIX_BYTES);
}

/** 16-bit groups of one side of `::`; `undefined` if one is none. The last may be IPv4. */
function groupsOf(side: string): number[] | undefined {
  if (side === '') return [];
  const parts = side.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1 && IPV4.test(part)) {
      const [a, b, c, d] = part.split('.').map(Number);
      groups.push((a! << 8) | b!, (c! << 8) | d!);
    } else if (GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

function longestZeroRun(groups: readonly number[]): { readonly lo: number; readonly length: number } {
  let best = { lo: 0, length: 0 };
  let lo = 0;
  for (const [i, group] of groups.entries()) {
    if (group !== 0) lo = i + 1;
    else if (i + 1 - lo > best.length) best = { lo, length: i + 1 - lo };
  }
  return best;
}
