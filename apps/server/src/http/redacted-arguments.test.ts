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
      '--mail-password',
      '-dashed',
      '--retry-join=provider=aws region=eu secret_access_key=abc',
      '--mail-payload=token abc',
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
    '--mail-password',
    '…',
    '--retry-join=provider=aws region=eu secret_access_key=…',
    '--mail-payload=…',
  ]);
});
