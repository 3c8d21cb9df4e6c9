import type { Execution, Notice } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import { expect, it } from 'vitest';
import { contentOf, renderPayload } from './content.ts';
import { cronitorUrl } from './cronitor.ts';
import { addressesOf, messageIdOf, subjectOf } from './mail.ts';
import { headersOf } from './webhook.ts';

const START = 1_767_366_245_000_000_000n;

const execution: Execution = {
  id: `${START}-n1`,
  stamp: START,
  jobName: 'job1',
  group: START,
  nodeName: 'n1',
  attempt: 1,
  state: 'failed',
  trigger: 'manual',
  tick: null,
  reason: 'exit',
  exitCode: 3,
  startedAt: START,
  finishedAt: START + 1_500_000_000n,
  cancelRequested: false,
};
const other: Execution = { ...execution, id: `${START - 1n}-n0`, stamp: START - 1n, nodeName: 'n0', state: 'success' };
const stranger: Execution = { ...other, id: '5-n0', group: 5n };
const notice: Notice = {
  id: START + 7n,
  channel: 'mail',
  event: 'end',
  execution,
  recipient: 'o@example.org',
  awaits: 0n,
  outputBytes: 4,
  attempts: 0,
  dueAt: ZERO_TIME,
  lengthMs: 0,
};
const view = {
  getOutput: () => ({ tail: new TextEncoder().encode('oops') }),
  executions: () => [execution, other, stranger],
};
const content = (one: Notice) => contentOf(one, { view, reportingNode: 's1' });

it('the report is that of the original: the run, and a line per execution of its group', () => {
  const times = '[Start]: 2026-01-02 15:04:05 +0000 UTC [End]: 2026-01-02 15:04:06.5 +0000 UTC';
  expect(renderPayload('{{.Report}}', content(notice).data)).toBe(
    [
      'Executed: job1',
      'Reporting node: s1',
      'Start time: 2026-01-02 15:04:05 +0000 UTC',
      'End time: 2026-01-02 15:04:06.5 +0000 UTC',
      'Success: false',
      'Node: n1',
      'Output: oops',
      `Execution group: ${START}`,
      `\t[Node]: n0 ${times} [Success]: true`,
      `\t[Node]: n1 ${times} [Success]: false`,
      '',
    ].join('\n'),
  );
  expect(renderPayload('{{.Report}}', content({ ...notice, event: 'start' }).data)).not.toContain('[Node]');
});

it('G-N5: fields of the original stay; there are a truth value, and JSON', () => {
  const render = (payload: string): string => renderPayload(payload, content(notice).data);
  expect(render('{{if .Success}}{{.Success}}{{end}} {{if .Succeeded}}x{{else}}y{{end}} {{json .Output}}')).toBe(
    'false y "oops"',
  );
  expect(render('{{.State}} {{.Reason}} {{.ExitCode}} {{.Attempt}} {{.Group}} {{.Event}}')).toBe(
    `failed exit 3 1 ${START} end`,
  );
  expect(render('{{.IdempotencyKey}}')).toBe(`${START}-n1/end/${START + 7n}`);
  expect(addressesOf(' a@example.org, b@example.org,')).toEqual(['a@example.org', 'b@example.org']);
});

it('a payload that is wrong says so, as the text', () => {
  expect(renderPayload('{{range .Output}}', content(notice).data)).toMatch(/^Failed to parse template: line 1: /);
  expect(renderPayload('{{.Nope}}', content(notice).data)).toMatch(/^Failed to execute template: line 1: /);
});

it('subject and id of a mail', () => {
  expect(subjectOf('[Dkron]', notice)).toBe('[Dkron]Failed job1 execution report');
  expect(subjectOf('', { execution: other })).toBe('Success job1 execution report');
  expect(messageIdOf(notice, 'Dkron <dkron@example.org>')).toBe(`<${START}-n1.end.${START + 7n}@example.org>`);
});

it('the calls of Cronitor', () => {
  const url = (event: 'start' | 'end', one: Execution): string =>
    cronitorUrl('https://c/k', { event, execution: { ...one, id: '1-n' } });
  expect(url('start', execution)).toBe('https://c/k/job1?host=n1&message=Job+run+by+Dkron&series=1-n&state=run');
  expect(url('end', execution)).toBe('https://c/k/job1?host=n1&message=Job+complete+by+Dkron&series=1-n&state=fail');
  expect(url('end', other)).toBe('https://c/k/job1?host=n0&message=Job+complete+by+Dkron&series=1-n&state=complete');
});

it('G-N4: headers are split at the first colon; what is none is left out', () => {
  const lines = ['X-To: http://a:1', 'none', ': x', 'bad name: x', 'A:b', 'Broken: a\nb'];
  expect([...headersOf(lines)]).toEqual([
    ['a', 'b'],
    ['x-to', 'http://a:1'],
  ]);
});
