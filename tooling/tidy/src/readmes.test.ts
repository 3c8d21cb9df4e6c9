import { expect, it } from 'vitest';
import { examplesIn } from './readmes.ts';

const fence = '`'.repeat(3);

it('finds the programs and where they start', () => {
  const markdown = ['# x', '', `${fence}ts`, 'a();', 'b();', fence, '', `${fence}ts`, 'c();', fence, ''].join('\n');
  expect(examplesIn(markdown)).toEqual([
    { code: 'a();\nb();\n', line: 4 },
    { code: 'c();\n', line: 9 },
  ]);
});

it('leaves other blocks alone', () => {
  const markdown = [`${fence}ts fragment`, 'a(', fence, `${fence}tsx`, 'b', fence, `${fence}sh`, 'c', fence, ''].join(
    '\n',
  );
  expect(examplesIn(markdown)).toEqual([]);
});
