import { describe, expect, it } from 'vitest';
import { newDefinition } from './new-definition.ts';
import { parseJobJson } from './parse-job.ts';

describe('newDefinition', () => {
  it('is what a request with the same fields would store', () => {
    const sent = parseJobJson('{"name":"backup","schedule":"@hourly","executor":"shell","tags":{"role":"db"}}');
    expect(newDefinition({ name: 'backup', schedule: '@hourly', executor: 'shell', tags: { role: 'db' } })).toEqual(
      sent.definition,
    );
  });
});
