import { DkronClient } from '@dkron/client';
import { Command, Option } from 'commander';
import { CommandError } from './errors.ts';
import type { Io } from './io.ts';

const DEFAULT_URL = 'http://127.0.0.1:8080';

export interface ApiOptions {
  readonly apiUrl?: string;
  readonly output: 'table' | 'json';
}

/** A command that speaks to a server, with the options all of them share. */
export function apiCommand(usage: string, description: string): Command {
  return new Command(usage)
    .description(description)
    .option('--api-url <url>', `server to ask [DKRON_API_URL] (default: ${DEFAULT_URL})`)
    .addOption(new Option('--output <form>', 'how to print').choices(['table', 'json']).default('table'));
}

/** @throws CommandError when the URL is none */
export function clientOf(options: ApiOptions, io: Io): DkronClient {
  const flag = options.apiUrl;
  const baseUrl = flag ?? (io.env['DKRON_API_URL'] || DEFAULT_URL);
  const protocol = URL.canParse(baseUrl) ? new URL(baseUrl).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return new DkronClient({ baseUrl });
  const source = flag === undefined ? 'DKRON_API_URL' : '--api-url';
  throw new CommandError(`${source}: "${baseUrl}" is not allowed, expected a URL such as ${DEFAULT_URL}`);
}

/** Path of a job in the API. */
export function pathOf(name: string, rest = ''): string {
  return `/v1/jobs/${encodeURIComponent(name)}${rest}`;
}
