/**
 * Replaces `~` by a number that depends on the job's name only, so that jobs with the same text spread out.
 *
 * The number is the sum of the name's code points, taken modulo the size of the field it stands in. Fields are counted
 * by **single** blanks, as the original does: two blanks in a row make an empty field that counts, and fields separated
 * by tabs count as one. `~/15` becomes for example `37/15`, which is 37 and 52 only. A text with a part beginning with
 * `@` is left alone, and so is a `TZ=` part.
 */
export function resolveHash(text: string, name: string): string {
  return text.includes('~') ? replaceParts(text, name).join(' ') : text;
}

/** Offset in `text` of the character that led to offset `resolvedOffset` of `resolveHash(text, name)`. */
export function offsetBeforeHash(text: string, name: string, resolvedOffset: number): number {
  if (!text.includes('~')) return resolvedOffset;
  const parts = text.split(' ');
  let original = 0;
  let resolved = 0;
  for (const [i, after] of replaceParts(text, name).entries()) {
    const before = parts[i] ?? '';
    if (resolvedOffset <= resolved + after.length) {
      const inside = resolvedOffset - resolved;
      return original + Math.min(inside, before === after ? inside : before.length);
    }
    original += before.length + 1;
    resolved += after.length + 1;
  }
  return text.length;
}

function replaceParts(text: string, name: string): string[] {
  const parts = text.split(' ');
  if (parts.some((part) => part.startsWith('@'))) return parts;
  const hash = nameHash(name);
  let field = 0;
  return parts.map((part) => {
    if (part.startsWith('TZ=') || part.startsWith('CRON_TZ=')) return part;
    const value = String(fieldValue(hash, field));
    field += 1;
    return part.replaceAll('~', value);
  });
}

function nameHash(name: string): number {
  let sum = 0;
  for (const char of name) sum += char.codePointAt(0) ?? 0;
  return sum;
}

function fieldValue(hash: number, field: number): number {
  switch (field) {
    case 2:
      return hash % 24;
    case 3:
      return (hash % 28) + 1;
    case 4:
      return (hash % 12) + 1;
    case 5:
      return hash % 7;
    default:
      return hash % 60;
  }
}
