import { describe, expect, it } from 'vitest';
import { checkTexts } from './texts.ts';

const mark = 'TO' + 'DO';
const count = (text: string, path = 'packages/x/src/a.ts'): number => checkTexts({ path, text }).length;

describe('checkTexts', () => {
  it('wants an issue number at every mark of unfinished work', () => {
    expect(count(`// ${mark}: later`)).toBe(1);
    expect(count(`// ${mark}(#12): later`)).toBe(0);
    expect(checkTexts({ path: 'a.ts', text: `a\nb // ${mark}` })[0]?.line).toBe(2);
  });

  it('finds paths of one machine', () => {
    expect(count('see /wor' + 'k/main/packages')).toBe(1);
    expect(count("from '../sha" + "red/spec'")).toBe(1);
    expect(count('/ho' + 'me/ann/dkron')).toBe(1);
  });

  it('leaves addresses, container paths and data alone', () => {
    expect(count('https://example.org/wor' + 'k/1 and /home/node/app')).toBe(0);
    expect(count('/wor' + 'k/main', 'packages/x/testdata/a.json')).toBe(0);
  });
});
