import { z } from 'zod';
import { badConfig, choice, forwardKey, isWanted, onKey, requiredSecret, secretText } from '../config.ts';
import { factsOf } from '../facts.ts';
import { partsOf, readUrl, sendRequest } from '../http-request.ts';
import type { SinkModules } from '../sink.ts';
import { sinkProcessor } from '../sink.ts';
import type { Processor } from '../types.ts';

/** Keys of `webhook`. */
export const configSchema = z.strictObject({
  ...forwardKey,
  ...onKey,
  url: requiredSecret('address of http or https; a user and password inside it are sent as a header'),
  method: choice(['POST', 'PUT', 'PATCH'], 'POST when absent'),
  headers: secretText('further headers as a JSON array of "Name: value"'),
  content: choice(
    ['json', 'output'],
    'what is sent: the run with its output as JSON, or the output as it is; json when absent',
  ),
});

/** Sends each output with `fetch`; an `Idempotency-Key` tells repetitions from news. */
export function webhookProcessor(modules: SinkModules = {}): Processor {
  return sinkProcessor(
    {
      name: 'webhook',
      configSchema,
      replacement: 'Output sent to webhook',
      wants: isWanted,
      partsOfSecrets: (config) => partsOf(config['url'] ?? '', config['headers']),
      send: async (input, config, { signal }) => {
        const { url, headers } = readUrl('url', config.url);
        const json = config.content !== 'output';
        await sendRequest(url, {
          method: config.method || 'POST',
          headers: {
            'user-agent': 'dkron',
            'content-type': json ? 'application/json' : 'application/octet-stream',
            'idempotency-key': input.executionId,
            ...headers,
            ...readHeaders(config.headers),
          },
          body: json ? JSON.stringify(factsOf(input)) : input.output,
          signal,
        });
      },
    },
    modules,
  );
}

/** Each is cut at its first colon, so that values may hold more of them. */
function readHeaders(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  const headers: Record<string, string> = {};
  for (const line of readLines(text)) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+)\s*:\s*([\t\u0020-\u007e\u0080-\u00ff]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw badConfig('headers', 'each must be "Name: value"');
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function readLines(text: string): string[] {
  try {
    const lines: unknown = JSON.parse(text);
    if (Array.isArray(lines) && lines.every((line) => typeof line === 'string')) return lines;
  } catch {
    // The text may be a secret: nothing of it is told.
  }
  throw badConfig('headers', 'must be a JSON array of "Name: value"');
}
