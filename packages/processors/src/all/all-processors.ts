import { elasticsearchProcessor } from '../elasticsearch/index.ts';
import type { EmailProcessorOptions } from '../email/index.ts';
import { emailProcessor } from '../email/index.ts';
import { filesProcessor } from '../files/index.ts';
import { fluentProcessor } from '../fluent/index.ts';
import { logProcessor } from '../log/index.ts';
import { s3Processor } from '../s3/index.ts';
import type { SinkModules } from '../sink.ts';
import { syslogProcessor } from '../syslog/index.ts';
import type { Processor } from '../types.ts';
import { webhookProcessor } from '../webhook/index.ts';

/** What a node says of where outputs go. */
export interface AllProcessorsOptions {
  /**
   * `FLUENTBIT_HOST`, `FLUENTBIT_PORT`, `FLUENTBIT_TAG`; `ELASTICSEARCH_URL` with `ELASTICSEARCH_USERNAME` and
   * `ELASTICSEARCH_PASSWORD` or `ELASTICSEARCH_API_KEY`.
   */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The node's mail server. */
  readonly email?: EmailProcessorOptions;
}

const PORT_MAX = 65_535;

/** One of each kind. Packages that some of them need are loaded when they are first used. */
export function allProcessors(
  { environment, email = {} }: AllProcessorsOptions,
  modules: SinkModules = {},
): Processor[] {
  const value = (name: string): string | undefined => environment[name] || undefined;
  const port = Number(value('FLUENTBIT_PORT') ?? Number.NaN);
  const fluent = {
    host: value('FLUENTBIT_HOST'),
    port: Number.isInteger(port) && port > 0 && port <= PORT_MAX ? port : undefined,
    tag: value('FLUENTBIT_TAG'),
  };
  const elasticsearch = {
    url: value('ELASTICSEARCH_URL'),
    username: value('ELASTICSEARCH_USERNAME'),
    password: value('ELASTICSEARCH_PASSWORD'),
    apiKey: value('ELASTICSEARCH_API_KEY'),
  };
  return [
    elasticsearchProcessor(elasticsearch, modules),
    emailProcessor(email, modules),
    filesProcessor(),
    fluentProcessor(fluent, modules),
    logProcessor(),
    s3Processor(modules),
    syslogProcessor({}, modules),
    webhookProcessor(modules),
  ];
}
