import { describe, expect, it } from 'vitest';
import type { ConsoleLoggerOptions } from './console-logger.ts';
import { consoleLogger } from './console-logger.ts';

function capture(options: ConsoleLoggerOptions = {}): { lines: string[]; logger: ReturnType<typeof consoleLogger> } {
  const lines: string[] = [];
  return { lines, logger: consoleLogger({ ...options, write: (line) => void lines.push(line) }) };
}
const withoutTime = (line: string | undefined): string | undefined => line?.replace(/^time="[^"]+" /, '');

describe('consoleLogger as text', () => {
  it('writes time, level, message and fields on one line', () => {
    const { lines, logger } = capture();
    logger.child({ node: 'n1' }).warn('job is late', { job: 'a b', ms: 5, ok: true, at: 3n });
    expect(lines[0]).toMatch(/^time="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z" /);
    expect(withoutTime(lines[0])).toBe('level=warning msg="job is late" node=n1 job="a b" ms=5 ok=true at=3\n');
  });

  it('keeps whatever is logged on one line', () => {
    const { lines, logger } = capture();
    logger.info('two\nlines', { value: 'a\nb', error: new Error('x\ny'), list: [1, { a: 'q' }], none: undefined });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
  });

  it('drops what is below its level', () => {
    const { lines, logger } = capture({ level: 'warn' });
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(lines.map(withoutTime)).toEqual(['level=warning msg="c"\n', 'level=error msg="d"\n']);
  });

  it('never throws for what it is given', () => {
    const { lines, logger } = capture();
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    logger.info('odd', { loop, nested: { big: 1n } });
    expect(lines).toHaveLength(1);
  });
});

describe('consoleLogger as JSON', () => {
  it('writes one object per line', () => {
    const { lines, logger } = capture({ format: 'json' });
    logger.error('failed', { error: new Error('why'), at: 3n, deep: { big: 4n } });
    const record = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(record).toMatchObject({ level: 'error', msg: 'failed', at: '3', deep: { big: '4' } });
    expect(record['error']).toContain('why');
  });

  it('never throws for what it is given', () => {
    const { lines, logger } = capture({ format: 'json' });
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    logger.info('odd', { loop });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      msg: 'odd',
      level: 'info',
      unwritable: expect.stringContaining('circular') as string,
    });
  });
});
