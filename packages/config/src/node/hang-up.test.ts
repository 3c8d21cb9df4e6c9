import type { Logger } from '@dkron/runtime';
import { describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../problem.ts';
import { resolveConfig, type Resolved } from '../resolve.ts';
import { onHangUp } from './hang-up.ts';

const withRegion = (region: string): Resolved =>
  resolveConfig({ flags: new Map([['region', [region]]]), env: {}, file: undefined });

async function hangUp(read: () => Promise<Resolved>): Promise<string[]> {
  const lines: string[] = [];
  const keep =
    (level: string) =>
    (event: string, fields?: unknown): void =>
      void lines.push(`${level} ${event}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}`);
  const logger: Logger = {
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    child: () => logger,
  };
  const before = process.listenerCount('SIGHUP');
  const undo = onHangUp(logger, read, withRegion('eu'));
  process.emit('SIGHUP');
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  undo();
  expect(process.listenerCount('SIGHUP')).toBe(before);
  return lines;
}

describe('SIGHUP', () => {
  it('names the settings that wait for the next start', async () => {
    expect(await hangUp(async () => withRegion('eu'))).toEqual(['info config: read again {"changed":0}']);
    expect(await hangUp(async () => withRegion('us'))).toEqual([
      'info config: read again {"changed":1,"after_restart":"region"}',
    ]);
  });

  it('G-C13: a file that is broken by then changes nothing, and is told', async () => {
    const problem = { key: 'lease', value: '5', source: '/c.yml:3', allowed: 'a duration' };
    const lines = await hangUp(() => Promise.reject(new ConfigError([problem])));
    expect(lines).toEqual([
      'error config: the settings stay as they are: lease: "5" is not allowed, expected a duration (/c.yml:3)',
    ]);
  });
});
