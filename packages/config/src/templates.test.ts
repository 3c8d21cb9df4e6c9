import { describe, expect, it } from 'vitest';
import { resolveConfig } from './resolve.ts';

const wrong = (payload: string): string[] => {
  const flags = new Map([
    ['server', ['true']],
    ['webhook-endpoint', ['http://127.0.0.1']],
    ['webhook-payload', [payload]],
  ]);
  return resolveConfig({ flags, env: {}, file: undefined }).warnings.map(({ key, message }) => `${key} ${message}`);
};

describe('payloads', () => {
  it.each(['{{.JobName}} {{if .Succeeded}}{{json .Output}}{{end}}', '', '{{.FinishedAt.Sub .StartTime}}'])(
    '%s',
    (text) => {
      expect(wrong(text)).toEqual([]);
    },
  );

  it.each([
    ['{{range .Output}}{{end}}', 'webhook-payload cannot be rendered: line 1: {{range}} is not supported'],
    ['a\n{{.JobName', 'webhook-payload cannot be rendered: line 2: unclosed action: }} is missing'],
    [
      '{{.Job}}',
      expect.stringMatching(/^webhook-payload cannot be rendered: there is no field \.Job; there are \.Report /),
    ],
  ])('%s', (text, message) => {
    expect(wrong(text)).toEqual([message]);
  });
});
