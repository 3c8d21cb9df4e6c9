import { readFileSync } from 'node:fs';

/** What went over a connection of a recorded plugin: frames, and what was in them. */
export interface RecordedEntry {
  readonly dir?: 'host->plugin' | 'plugin->host';
  readonly connection?: string;
  readonly stream: number;
  readonly yamux?: 'data' | 'window_update';
  readonly payload_hex?: string;
  readonly net_rpc?: { readonly ServiceMethod: string };
  readonly frame?: string;
  readonly message?: string;
  readonly hex?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

export interface RecordedPlugin {
  readonly kind: 'executor' | 'processor';
  readonly timeline: readonly RecordedEntry[];
}

const text = readFileSync(new URL('../testdata/plugins.json', import.meta.url), 'utf8');
const { plugins } = JSON.parse(text) as { readonly plugins: Readonly<Record<string, RecordedPlugin>> };

export function recordedPlugins(kind: RecordedPlugin['kind']): [string, readonly RecordedEntry[]][] {
  return Object.entries(plugins).flatMap(([name, one]) => (one.kind === kind ? [[name, one.timeline]] : []));
}

export const unhex = (hex: string): Buffer => Buffer.from(hex, 'hex');
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** One run of a recorded executor: what was announced, asked, reported and answered, as on the wire. */
export interface RecordedRun {
  readonly announced: string;
  readonly path: string;
  readonly request: string;
  readonly updates: readonly string[];
  readonly response: string;
}

export function recordedRuns(timeline: readonly RecordedEntry[]): RecordedRun[] {
  const messages = timeline.filter(({ frame, message }) => frame === 'message' && message?.startsWith('types.v1.'));
  const announced = timeline.filter(({ message }) => message === 'plugin.ConnInfo').map(({ hex }) => hex!);
  const requests = messages.filter(({ message }) => message === 'types.v1.ExecuteRequest');
  return requests.map(({ hex, stream }, i) => {
    const from = messages.findIndex((one) => one.hex === hex && one.stream === stream);
    const own = messages.slice(from + 1);
    const end = own.findIndex(({ message }) => message === 'types.v1.ExecuteResponse');
    const opened = timeline.find((one) => one.frame === 'headers' && one.stream === stream && isAsked(one));
    return {
      announced: announced[i]!,
      path: opened!.headers!.find(([name]) => name === ':path')![1],
      request: hex!,
      updates: own.slice(0, end).flatMap((one) => (one.message === 'types.v1.StatusUpdateRequest' ? [one.hex!] : [])),
      response: own[end]!.hex!,
    };
  });
}

function isAsked({ dir, connection }: RecordedEntry): boolean {
  return dir === 'host->plugin' && connection?.startsWith('main') === true;
}
