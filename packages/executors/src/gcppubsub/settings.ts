import { AttemptError } from '../kit/limited-attempt.ts';
import { secondsToMs } from '../kit/values.ts';
import type { ExecuteRequest } from '../types.ts';
import type { PubsubMessage } from './messages.ts';

export interface PubsubSettings {
  /** As the service names it: `projects/p/topics/t`. */
  readonly topic: string;
  readonly message: PubsubMessage;
}

type Config = ExecuteRequest['config'];

const TIMEOUT_SECONDS = 15;
const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Ids have no slash: one would name something else. */
const ID = /^[^/\s]+$/;

/** @throws AttemptError */
export function readTimeoutMs(config: Config): number {
  return secondsToMs(config['timeout'], TIMEOUT_SECONDS, 'gcppubsub: timeout: not a number of seconds');
}

/** @throws AttemptError in the words of the original where it has some */
export function readSettings(config: Config): PubsubSettings {
  const project = readId(config, 'project');
  const topic = readId(config, 'topic');
  const data = readData(config['data'] ?? '');
  const attributes = readAttributes(config['attributes'] ?? '');
  if (data.length === 0 && attributes.size === 0) {
    const why = "at least one of these fields should be set 'attributes, data'";
    throw new AttemptError(`convert config to pubsub message: ${why}`);
  }
  return {
    topic: `projects/${project}/topics/${topic}`,
    message: { data, attributes, orderingKey: config['orderingKey'] ?? '' },
  };
}

function readId(config: Config, key: 'project' | 'topic'): string {
  const id = config[key] ?? '';
  if (id === '') throw new AttemptError(`missing ${key}`);
  if (!ID.test(id)) throw new AttemptError(`gcppubsub: ${key}: an id without blanks and slashes is expected`);
  return id;
}

function readData(text: string): Buffer {
  if (!BASE64.test(text)) throw new AttemptError('convert config to pubsub message: data: not base64');
  return Buffer.from(text, 'base64');
}

function readAttributes(text: string): ReadonlyMap<string, string> {
  if (text === '') return new Map();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Said below.
  }
  const isMap = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  const entries = isMap ? Object.entries(parsed as Record<string, unknown>) : undefined;
  if (entries?.every((entry): entry is [string, string] => typeof entry[1] === 'string')) return new Map(entries);
  throw new AttemptError('convert config to pubsub message: attributes: not a JSON object of texts');
}
