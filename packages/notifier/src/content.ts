import type { Execution, Notice } from '@dkron/jobs';
import { idempotencyKeyOf } from '@dkron/jobs';
import type { Data } from '@dkron/template';
import { Template, TemplateError, TemplateTime } from '@dkron/template';
import type { NoticeView } from './ports.ts';

/** Fields that payloads may ask for: those of the original, and ours. */
export interface Content {
  readonly data: Data;
  readonly output: string;
}

export interface ContentModules {
  readonly view: Pick<NoticeView, 'getOutput' | 'executions'>;
  /** The node that tells. */
  readonly reportingNode: string;
}

/** What can be said of a notice now: its output as processors left it, the executions of its run as they are kept. */
export function contentOf(notice: Notice, { view, reportingNode }: ContentModules): Content {
  const { execution, event } = notice;
  const bytes = event === 'end' ? view.getOutput(execution.id)?.tail : undefined;
  const output = bytes === undefined ? '' : new TextDecoder().decode(bytes);
  const succeeded = execution.state === 'success';
  const data = {
    Report: report(execution, { output, reportingNode, group: event === 'end' ? groupOf(execution, view) : [] }),
    JobName: execution.jobName,
    ReportingNode: reportingNode,
    StartTime: new TemplateTime(execution.startedAt),
    FinishedAt: new TemplateTime(execution.finishedAt),
    // A text, as the original has it; `.Succeeded` is the truth value.
    Success: String(succeeded),
    NodeName: execution.nodeName,
    Output: output,
    Succeeded: succeeded,
    Event: event,
    State: execution.state,
    Reason: execution.reason ?? '',
    ExitCode: execution.exitCode,
    Attempt: execution.attempt,
    Group: execution.group,
    ExecutionID: execution.id,
    IdempotencyKey: idempotencyKeyOf(notice),
  };
  return { data, output };
}

/** A payload; one that is wrong says so itself, as the original's does. */
export function renderPayload(payload: string, data: Data): string {
  try {
    return new Template(payload).render(data);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return error.code === 'execute'
      ? `Failed to execute template: ${error.message}`
      : `Failed to parse template: ${error.message}`;
  }
}

/** Oldest first; the one that is told of stands for itself, kept or not. */
function groupOf(execution: Execution, view: ContentModules['view']): Execution[] {
  const others = view
    .executions(execution.jobName)
    .filter(({ group, id }) => group === execution.group && id !== execution.id);
  return [...others, execution].sort((a, b) => (a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0));
}

interface ReportParts {
  readonly output: string;
  readonly reportingNode: string;
  readonly group: readonly Execution[];
}

function report(execution: Execution, { output, reportingNode, group }: ReportParts): string {
  const { jobName, nodeName, startedAt, finishedAt, state } = execution;
  const lines = [
    `Executed: ${jobName}`,
    `Reporting node: ${reportingNode}`,
    `Start time: ${timeText(startedAt)}`,
    `End time: ${timeText(finishedAt)}`,
    `Success: ${state === 'success'}`,
    `Node: ${nodeName}`,
    `Output: ${output}`,
    `Execution group: ${execution.group}`,
    ...group.map(
      (one) =>
        `\t[Node]: ${one.nodeName} [Start]: ${timeText(one.startedAt)} [End]: ${timeText(one.finishedAt)} ` +
        `[Success]: ${one.state === 'success'}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function timeText(nanos: bigint): string {
  return String(new TemplateTime(nanos));
}
