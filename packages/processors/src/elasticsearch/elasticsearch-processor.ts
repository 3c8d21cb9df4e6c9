import { z } from 'zod';
import { badConfig, choice, forwardKey, isWanted, onKey, optionalText, secretText } from '../config.ts';
import { factsOf } from '../facts.ts';
import { basic, partsOf, readUrl, sendRequest } from '../http-request.ts';
import type { SinkModules } from '../sink.ts';
import { sinkProcessor } from '../sink.ts';
import type { Processor, ProcessorInput } from '../types.ts';

/** What jobs use that name no `url`: it goes together, so that no job can send the node's password elsewhere. */
export interface ElasticsearchProcessorOptions {
  readonly url?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly apiKey?: string | undefined;
}

/** Keys of `elasticsearch`. */
export const configSchema = z.strictObject({
  ...forwardKey,
  ...onKey,
  url: secretText("address as https://host:9200; the node's ELASTICSEARCH_URL and credentials when absent"),
  index: optionalText('name of the index or data stream; dkron when absent'),
  op_type: choice(['index', 'create'], 'create for data streams; index when absent'),
  username: optionalText('user of the url'),
  password: secretText('password of that user'),
  api_key: secretText('API key in place of user and password, as Elasticsearch gives it: encoded'),
});

type Settings = z.output<typeof configSchema>;

const INDEX = /^[a-z0-9][a-z0-9._-]{0,254}$/;
const ALREADY_THERE = 409;

/**
 * Stores each output as a document of Elasticsearch, or of OpenSearch. Its id is that of the execution, so that storing it
 * twice leaves one.
 */
export function elasticsearchProcessor(
  options: ElasticsearchProcessorOptions = {},
  modules: SinkModules = {},
): Processor {
  return sinkProcessor(
    {
      name: 'elasticsearch',
      configSchema,
      replacement: 'Output sent to Elasticsearch',
      secrets: [options.url, options.password, options.apiKey].filter((secret) => secret !== undefined),
      wants: isWanted,
      partsOfSecrets: ({ url = '', username, password }) => [
        ...partsOf(url || (options.url ?? '')),
        basicToken(username, password),
        basicToken(options.username, options.password),
      ],
      send: async (input, config, { signal }) => {
        const { url: base, headers } = target(config, options);
        const index = config.index ?? 'dkron';
        if (!INDEX.test(index)) throw badConfig('index', 'must be lower case letters, digits, ".", "_" and "-"');
        const create = config.op_type === 'create';
        const path = `${index}/${create ? '_create' : '_doc'}/${encodeURIComponent(input.executionId)}`;
        const url = new URL(`${base.pathname.replace(/\/*$/, '')}/${path}`, base);
        const body = JSON.stringify(documentOf(input));
        const request = { method: 'PUT', headers: { ...headers, 'content-type': 'application/json' }, body, signal };
        await sendRequest(url, request, create ? [ALREADY_THERE] : []);
      },
    },
    modules,
  );
}

function target(config: Settings, node: ElasticsearchProcessorOptions): ReturnType<typeof readUrl> {
  const own = config.url !== undefined;
  const address = config.url ?? node.url;
  if (!address) throw badConfig('url', "is missing, and ELASTICSEARCH_URL is not in the node's environment");
  const { url, headers } = readUrl(own ? 'url' : 'ELASTICSEARCH_URL', address);
  const { username, password, apiKey } = own ? { ...config, apiKey: config.api_key } : node;
  if (apiKey) return { url, headers: { authorization: `ApiKey ${apiKey}` } };
  return { url, headers: username ? { authorization: basic(username, password ?? '') } : headers };
}

/** What of the header could come back. */
function basicToken(user = '', password = ''): string {
  return password === '' ? '' : basic(user, password).slice('Basic '.length);
}

function documentOf(input: ProcessorInput): Record<string, unknown> {
  return { '@timestamp': input.finishedAt ?? input.startedAt, ...factsOf(input) };
}
