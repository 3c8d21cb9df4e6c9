import { describe, expect, it } from 'vitest';
import { fileOf } from './multipart.ts';

const TYPE = 'multipart/form-data; boundary=XX';
const part = (disposition: string, content: string): string =>
  `--XX\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: text/plain\r\n\r\n${content}\r\n`;
const file = (text: string, type: string | undefined = TYPE): string | undefined => {
  const found = fileOf(Buffer.from(text), type, 'file');
  return found === undefined ? undefined : Buffer.from(found).toString();
};

describe('fileOf', () => {
  it.each([
    ['one file', `${part('name="file"; filename="a.json"', '[]')}--XX--\r\n`, '[]'],
    ['an empty file', `${part('name="file"; filename="a.json"', '')}--XX--\r\n`, ''],
    ['a preamble', `hello\r\n${part('name="file"; filename="a"', '1')}--XX--`, '1'],
    ['another field before it', `${part('name="x"', '1')}${part('name=file; filename=a', '2')}--XX--`, '2'],
    ['line breaks inside', `${part('name="file"; filename="a"', 'a\r\nb\r\n-XX')}--XX--`, 'a\r\nb\r\n-XX'],
    ['a name with quotes', `${part(String.raw`filename="a\"b"; name="file"`, 'q')}--XX--`, 'q'],
  ])('finds %s', (_, text, content) => {
    expect(file(text)).toBe(content);
  });

  it.each([
    ['nothing', ''],
    ['another name', `${part('name="jobs"; filename="a"', '[]')}--XX--`],
    ['a field without file name', `${part('name="file"', '[]')}--XX--`],
    ['a body that breaks off', part('name="file"; filename="a"', '[]').slice(0, -2)],
  ])('does not find %s', (_, text) => {
    expect(file(text)).toBeUndefined();
  });

  it('needs the type and a boundary', () => {
    const text = `${part('name="file"; filename="a"', '[]')}--XX--`;
    expect(file(text, 'multipart/form-data; charset=x; boundary="XX"')).toBe('[]');
    for (const type of ['application/json', 'multipart/form-data', '']) expect(file(text, type)).toBeUndefined();
  });
});
