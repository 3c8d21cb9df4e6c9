import { expect, it } from 'vitest';
import { redactedArguments } from './redacted-arguments.ts';

it('G-T4: shows flags, not their secrets', () => {
  expect(
    redactedArguments([
      'node',
      'main.js',
      'agent',
      '--encrypt=abc',
      '--mail-password',
      'hunter2',
      '--node-name',
      'n1',
      '--pre-webhook-headers=Authorization: x',
      '--statsd-addr=user:pw@host',
      'https://user:pw@host/x',
    ]),
  ).toEqual([
    'node',
    'main.js',
    'agent',
    '--encrypt=…',
    '--mail-password',
    '…',
    '--node-name',
    'n1',
    '--pre-webhook-headers=…',
    '--statsd-addr=user:pw@host',
    'https://…@host/x',
  ]);
});
