import type { Logger } from '@dkron/runtime';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config/problem.ts';
import { resolveConfig, type Resolved } from '../config/resolve.ts';
import { onSignals } from './agent-signals.ts';

const withRegion = (region: string): Resolved =>
  resolveConfig({ flags: new Map([['region', [region]]]), env: {}, file: undefined });

function hangUp(read: () => Resolved): string[] {
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
  const undo = onSignals(logger, read, withRegion('eu'));
  process.emit('SIGHUP');
  undo();
  expect(process.listenerCount('SIGHUP')).toBe(before);
  return lines;
}

describe('SIGHUP', () => {
  it('names the settings that wait for the next start', () => {
    expect(hangUp(() => withRegion('eu'))).toEqual(['info config: read again {"changed":0}']);
    expect(hangUp(() => withRegion('us'))).toEqual(['info config: read again {"changed":1,"after_restart":"region"}']);
  });

  it('G-C13: a file that is broken by then changes nothing, and is told', () => {
    const problem = { key: 'lease', value: '5', source: '/c.yml:3', allowed: 'a duration' };
    const lines = hangUp(() => {
      throw new ConfigError([problem]);
    });
    expect(lines).toEqual([
      'error config: the settings stay as they are: lease: "5" is not allowed, expected a duration (/c.yml:3)',
    ]);
  });
});
