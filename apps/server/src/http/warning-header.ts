const WARNINGS_MAX = 5;
const WARNING_LENGTH_MAX = 300;
/** What a quoted text in a header may hold as it is. */
const UNSAFE = /[^\u0020-\u007e]/g;

/** `Warning` as RFC 7234 has it: 199 is any warning, and its text is quoted. Without texts no header. */
export function warningHeader(texts: readonly string[]): Readonly<{ warning?: string }> {
  if (texts.length === 0) return {};
  const more = texts.length - WARNINGS_MAX;
  const shown = more > 0 ? [...texts.slice(0, WARNINGS_MAX), `and ${more} more`] : texts;
  return { warning: shown.map((text) => `199 dkron ${quoted(text)}`).join(', ') };
}

function quoted(text: string): string {
  const short = text.length > WARNING_LENGTH_MAX ? `${text.slice(0, WARNING_LENGTH_MAX)}…` : text;
  const escape = (unit: string): string => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(short).replaceAll(UNSAFE, escape);
}
