import { checkConfig, type ConfigProblem, type ConfigSchema } from '@dkron/executors/kit';
import type { JobDefinition, Problem } from '@dkron/jobs';
import type { OfferedByName } from '../node/own-offers.ts';

/** The original took what it did not know: a job that ran there must not be refused here. */
const LENIENT = {
  executor: new Set(['shell', 'http', 'grpc', 'kafka', 'nats', 'rabbitmq', 'gcppubsub']),
  processor: new Set(['log', 'files', 'syslog', 'fluent']),
} as const;

interface Offers {
  readonly executors: OfferedByName;
  readonly processors: OfferedByName;
}

interface Finding {
  /** `executor shell`, `processor log` */
  readonly user: string;
  /** JSON path of the configuration. */
  readonly path: string;
  readonly problem: ConfigProblem;
}

/** What makes a configuration impossible for what is to use it; of what the original has nothing does. */
export function configProblems(offers: Offers, definition: JobDefinition): Problem[] {
  return findings(offers, definition, false).map(({ path, user, problem }) => ({
    code: 'invalid_value',
    field: `${path}.${problem.key}`,
    ...(problem.value === undefined ? {} : { value: problem.value.slice(0, VALUE_UNITS_MAX) }),
    allowed: problem.allowed,
    column: null,
    message: textOf(path, user, problem),
  }));
}

/** What executors and processors of the original will not understand. */
export function configWarnings(offers: Offers, definition: JobDefinition): string[] {
  return findings(offers, definition, true).map(({ path, user, problem }) => textOf(path, user, problem));
}

const VALUE_UNITS_MAX = 200;

function findings({ executors, processors }: Offers, definition: JobDefinition, lenient: boolean): Finding[] {
  const { executor, executorConfig, processors: wanted } = definition;
  const found: Finding[] = [];
  const look = (kind: keyof typeof LENIENT, offered: OfferedByName, name: string, config: Config): void => {
    if (LENIENT[kind].has(name) !== lenient) return;
    const schema = offered.get(name)?.configSchema;
    if (schema === undefined) return;
    const path = kind === 'executor' ? 'executor_config' : `processors.${name}`;
    for (const problem of checkConfig(schema as ConfigSchema, config ?? {})) {
      found.push({ user: `${kind} ${name}`, path, problem });
    }
  };
  look('executor', executors, executor, executorConfig);
  for (const name of Object.keys(wanted)) look('processor', processors, name, wanted[name]!);
  return found;
}

type Config = Readonly<Record<string, string>> | null;

function textOf(path: string, user: string, { key, code, allowed }: ConfigProblem): string {
  const field = `${path}.${key}`;
  if (code === 'unknown') return `${field}: ${user} knows no such key, it has ${allowed}`;
  if (code === 'missing') return `${field}: ${user} needs this key: ${allowed}`;
  return `${field}: ${user} does not take this value, expected: ${allowed}`;
}
