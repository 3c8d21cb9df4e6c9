import type { Answer, DkronClient } from '@dkron/client';
import type { Flag } from '@dkron/config';
import type { Call, Command } from './command/command.ts';
import { CommandError } from './errors.ts';
import type { Io } from './io.ts';

const DEFAULT_URL = 'http://127.0.0.1:8080';
const OUTPUTS: readonly string[] = ['table', 'json'];

/** Flags of all commands that speak to a server. */
export const API_FLAGS: readonly Flag[] = [
  { name: 'api-url', type: 'string', help: `server to ask; else DKRON_API_URL, else ${DEFAULT_URL}` },
  { name: 'output', type: 'string', default: 'table', help: 'table, or json for the body of the REST API' },
];

export interface ApiCall {
  readonly client: DkronClient;
  /** Of the server. */
  readonly url: string;
  readonly io: Io;
  readonly json: boolean;
  readonly args: readonly string[];
  /** Last value of a flag. */
  readonly flag: (name: string) => string | undefined;
  readonly flagged: (name: string) => boolean;
  /** Prints the body of an answer, byte by byte. */
  readonly printBody: (answer: Promise<Answer>) => Promise<void>;
}

/** A command that speaks to a server. */
export function apiCommand(
  command: Omit<Command, 'run' | 'words'> & { readonly words?: readonly string[] },
  run: (call: ApiCall) => Promise<void>,
): Command {
  return {
    words: [],
    ...command,
    run: async (call) => {
      await run(await apiCall(call));
      return 0;
    },
  };
}

async function apiCall(call: Call): Promise<ApiCall> {
  const flag = (name: string): string | undefined => call.flags.get(name)?.at(-1);
  const output = flag('output') ?? 'table';
  if (!OUTPUTS.includes(output)) {
    throw new CommandError(`--output: ${JSON.stringify(output)} is not allowed, expected table or json`);
  }
  const baseUrl = urlOf(flag('api-url'), call.io);
  // Loaded only here, so that the other commands start fast.
  const { DkronClient } = await import('@dkron/client');
  return {
    client: new DkronClient({ baseUrl }),
    url: baseUrl,
    io: call.io,
    json: output === 'json',
    args: call.args,
    flag,
    flagged: (name) => /^(1|t)/i.test(flag(name) ?? ''),
    printBody: async (answer) => call.io.out(`${(await answer).text}\n`),
  };
}

/** @throws CommandError when the URL is none */
function urlOf(flag: string | undefined, io: Io): string {
  const url = flag ?? (io.env['DKRON_API_URL'] || DEFAULT_URL);
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return url;
  const source = flag === undefined ? 'DKRON_API_URL' : '--api-url';
  throw new CommandError(`${source}: "${url}" is not allowed, expected a URL such as ${DEFAULT_URL}`);
}

/** A whole number ≥ 0 given with a flag. */
export function countOf(call: ApiCall, name: string, otherwise: string): number {
  const text = call.flag(name) ?? otherwise;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new CommandError(`--${name}: "${text}" is not allowed, expected a whole number ≥ 0`);
}
