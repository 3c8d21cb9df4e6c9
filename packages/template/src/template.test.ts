import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZERO_TIME } from '@dkron/runtime';
import { Template, TemplateError, TemplateTime } from './index.ts';

const START = 1_767_366_245_120_000_000n; // 2026-01-02 15:04:05.12 UTC
const data = {
  JobName: 'job1',
  Success: 'false',
  Succeeded: false,
  Output: 'a "b"\n<c>',
  Attempt: 2,
  Group: 1_767_366_245_120_000_001n,
  Empty: '',
  StartTime: new TemplateTime(START),
  FinishedAt: new TemplateTime(START + 61_500_000_000n),
};
const render = (text: string): string => new Template(text).render(data);

describe('rendering', () => {
  it.each([
    ['plain', 'plain'],
    ['{{.JobName}}!', 'job1!'],
    ['{{ .JobName }} {{.Group}}', 'job1 1767366245120000001'],
    ['a {{- .JobName -}} b', 'ajob1b'],
    ['a {{/* no\nword */}} b', 'a  b'],
    ['a {{- /* word */ -}} b', 'ab'],
    ['{{if .Success}}yes{{end}}', 'yes'],
    ['{{if .Succeeded}}yes{{else if eq .Attempt 2}}second{{else}}no{{end}}', 'second'],
    ['{{with .Empty}}x{{else}}none of {{.JobName}}{{end}}', 'none of job1'],
    ['{{with .JobName}}{{.}}/{{$.Attempt}}{{end}}', 'job1/2'],
    ['{{$x := .JobName}}{{if true}}{{$x = "z"}}{{end}}{{$x}}', 'z'],
    ['{{.StartTime}}', '2026-01-02 15:04:05.12 +0000 UTC'],
    ['{{.StartTime.Format "Mon, 2 Jan 2006 15:04:05 MST"}}', 'Fri, 2 Jan 2026 15:04:05 UTC'],
    ['{{.StartTime.Format "2006-01-02T15:04:05.000Z07:00"}}', '2026-01-02T15:04:05.120Z'],
    ['{{.StartTime.Format "03:04 PM, _2/1/06 .999"}}', '03:04 PM,  2/1/26 .12'],
    ['{{.FinishedAt.Sub .StartTime}} {{(.FinishedAt.Sub .StartTime).Seconds}}', '1m1.5s 61.5'],
    ['{{.StartTime.Unix}} {{.StartTime.Year}} {{.StartTime.Weekday}}', '1767366245 2026 Friday'],
    ['{{printf "%s-%05d-%.1f-%q-%t" .JobName .Attempt 2.26 .JobName .Succeeded}}', 'job1-00002-2.3-"job1"-false'],
    ['{{printf "%d %s" .JobName}}', '%!d(string=job1) %!s(MISSING)'],
    ['{{.Output | html}}', 'a &#34;b&#34;\n&lt;c&gt;'],
    ['{{js .Output}}', String.raw`a \"b\"\u000A\u003Cc\u003E`],
    ['{{urlquery "a b&c"}}', 'a+b%26c'],
    ['{"text": {{json .Output}}, "n": {{json .Group}}}', '{"text": "a \\"b\\"\\n<c>", "n": 1767366245120000001}'],
    ['{{len "äx€😀"}} {{slice "äx€😀" 2 6}} {{slice "äx" 1}}', '10 x€ \ufffdx'],
    ['{{len .JobName}}{{slice .JobName 1 3}}', '4ob'],
    ['{{and .Empty (.Missing)}}{{or .JobName .Missing}}', 'job1'],
    ['{{not true}} {{ne 1 2}} {{lt 1 2}} {{ge "b" "a"}} {{eq "x" "y" "x"}}', 'false true true true true'],
    ['{{print 1 2 "a" 3}}{{println "x" 1}}', '1 2a3x 1\n'],
    ['{{`raw\n`}}{{"\\u00e4\\t"}}', 'raw\nä\t'],
    ['{{printf "%x" "ä"}}', 'c3a4'],
    ['{{nil | printf "%v"}}', '<no value>'],
  ])('%s', (text, expected) => {
    if (text.includes('.Missing')) {
      expect(render(text.replace('(.Missing)', '"q"'))).toBe(expected);
    } else {
      expect(render(text)).toBe(expected);
    }
  });

  it('a zero time prints as the original does', () => {
    expect(new Template('{{.T}} {{.T.IsZero}}').render({ T: new TemplateTime(ZERO_TIME) })).toBe(
      '0001-01-01 00:00:00 +0000 UTC true',
    );
  });
});

const PIECES = [
  '{{',
  '}}',
  '-',
  ' ',
  '.JobName',
  '.',
  '$',
  'if',
  'end',
  'else',
  'with',
  '|',
  '(',
  ')',
  '"a"',
  '`',
  ':=',
  '$x',
  'and',
  '1',
];

describe('errors', () => {
  it.each([
    ['a\n{{.JobName', /^line 2: unclosed action/],
    ['{{if .JobName}}', /line 1: {{if}} without {{end}}/],
    ['{{end}}', /unexpected {{end}}/],
    ['{{else}}x', /unexpected {{else}}/],
    ['{{}}', /empty action/],
    ['{{nope .JobName}}', /function "nope" not defined/],
    ['{{$x}}', /undefined variable "\$x"/],
    ['{{"a}}', /unterminated string/],
    ['{{(.JobName}}', /unclosed left parenthesis/],
    ['{{.JobName | }}', /missing value/],
    ['{{1 2}}', /arguments behind what is no function/],
    ['{{#}}', /unexpected "#"/],
    ['{{"\\q"}}', /unknown escape/],
  ])('syntax: %s', (text, message) => {
    expect(() => new Template(text)).toThrow(message);
    expect(() => new Template(text)).toThrow(TemplateError);
  });

  it.each(['range', 'define', 'template', 'block', 'break', 'continue'])('unsupported: %s', (word) => {
    expect(() => new Template(`\n{{${word} .Output}}`)).toThrow(
      expect.objectContaining({ code: 'unsupported', message: `line 2: {{${word}}} is not supported` }) as Error,
    );
  });

  it.each([
    ['{{.Nope}}', /line 1: can't evaluate field Nope/],
    ['{{.JobName.Nope}}', /can't evaluate field Nope in type string/],
    ['{{.StartTime.Format 1}}', /error calling Format: Format takes a text, not int/],
    ['{{eq 1 "a"}}', /incompatible types/],
    ['{{slice .JobName 9}}', /out of range/],
    ['{{len 1}}', /len of type int/],
  ])('execute: %s', (text, message) => {
    expect(() => render(text)).toThrow(message);
  });

  it('any text renders or throws a TemplateError, and says which fields it asks for', () => {
    const piece = fc.constantFrom(...PIECES);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          const template = new Template(pieces.join(''));
          template.topFields();
          template.render(data);
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

it('fields of the top are known, in every branch, and not those of another dot', () => {
  const text = '{{if .A}}{{.B.C}}{{else}}{{with .D}}{{.E}}{{$.F}}{{else}}{{.G}}{{end}}{{end}}{{print (.H)}}';
  expect([...new Template(text).topFields()].sort()).toEqual(['A', 'B', 'D', 'F', 'G', 'H']);
});
