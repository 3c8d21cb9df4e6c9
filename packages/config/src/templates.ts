import { messageOf } from '@dkron/runtime';
import { Template } from '@dkron/template';
import type { Warning } from './problem.ts';
import type { SettingKey, Values } from './schema/index.ts';
import type { Given } from './sources.ts';

const PAYLOADS = ['mail-payload', 'pre-webhook-payload', 'webhook-payload'] as const;

/** What payloads may ask for: the fields of the original, then ours. */
const FIELDS: ReadonlySet<string> = new Set(
  (
    'Report JobName ReportingNode StartTime FinishedAt Success NodeName Output ' +
    'Succeeded Event State Reason ExitCode Attempt Group ExecutionID IdempotencyKey'
  ).split(' '),
);

/**
 * Payloads that cannot be rendered: accepted by a node, which sends the reason in place of the text as the original does,
 * and an error in `config check`.
 */
export function wrongTemplates(values: Values, given: ReadonlyMap<SettingKey, Given>): Warning[] {
  return PAYLOADS.flatMap((key) => {
    const reason = reasonOf(values[key]);
    const source = given.get(key)?.source ?? 'default';
    return reason === undefined ? [] : [{ key, source, message: `cannot be rendered: ${reason}`, wrong: true }];
  });
}

function reasonOf(text: string): string | undefined {
  try {
    const unknown = [...new Template(text).topFields()].filter((name) => !FIELDS.has(name));
    if (unknown.length === 0) return undefined;
    return `there is no field ${unknown.map((name) => `.${name}`).join(', ')}; there are ${[...FIELDS].map((name) => `.${name}`).join(' ')}`;
  } catch (error) {
    return messageOf(error);
  }
}
