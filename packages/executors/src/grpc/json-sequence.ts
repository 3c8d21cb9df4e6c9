/**
 * The JSON values that stand one after another in a text, with or without blanks between them.
 *
 * @throws SyntaxError
 */
export function splitJson(text: string): string[] {
  const values: string[] = [];
  let start = -1;
  let depth = 0;
  let inString = false;
  const end = (at: number): void => {
    const value = text.slice(start, at);
    JSON.parse(value);
    values.push(value);
    start = -1;
  };
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i]!;
    if (inString) {
      if (char === '\\') i += 1;
      else if (char === '"') {
        inString = false;
        if (depth === 0) end(i + 1);
      }
      continue;
    }
    if (/\s/.test(char) && depth === 0) {
      if (start >= 0) end(i);
      continue;
    }
    if (start < 0) start = i;
    if (char === '"') inString = true;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth < 0) throw new SyntaxError(`unexpected ${char} at ${i}`);
      if (depth === 0) end(i + 1);
    }
  }
  if (start >= 0) end(text.length);
  return values;
}
