import { readFileSync } from 'node:fs';
import type { Json } from './json.ts';
import { parseExact } from './json.ts';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent compact, as JSON. */
  readonly body?: Json;
  readonly body_text?: string;
  readonly body_base64?: string;
}

export interface RecordedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly body_raw?: string;
  readonly body_contains?: readonly string[];
  readonly body_keys?: readonly string[];
  /** JSON pointers, `body`, or `header:<name>`: not equal from run to run. */
  readonly volatile?: readonly string[];
  readonly volatile_shapes?: Readonly<Record<string, string>>;
  /** Seconds that the original needed to answer, where that was noted. */
  readonly took_s?: number;
  /** JSON pointers that depend on the installation. */
  readonly environment?: readonly string[];
}

export interface Exchange {
  readonly name: string;
  /** Which node gets it. @default 'n1' */
  readonly node?: string;
  readonly request: RecordedRequest;
  readonly response?: RecordedResponse;
  readonly background?: boolean;
  readonly capture?: Readonly<Record<string, string>>;
  readonly sort_body_by?: string;
  /** What was recorded, where `response` is a meant difference. */
  readonly insteadOf?: RecordedResponse;
}

/** Holds when all that is named is so. */
export interface Until {
  readonly status?: number;
  readonly pointer?: string;
  readonly equals?: Json;
  readonly length?: number;
}

export type Step =
  | {
      readonly step: 'wait';
      readonly path: string;
      readonly until: Until;
      readonly max_s: number;
      readonly node?: string;
    }
  | { readonly step: 'sleep'; readonly s: number }
  | { readonly step: 'set'; readonly vars: Readonly<Record<string, string>> }
  | { readonly step: 'repeat'; readonly request: RecordedRequest; readonly times: number; readonly status: number }
  | { readonly step: 'join'; readonly name: string; readonly response: RecordedResponse }
  | { readonly step: 'kill' | 'stop' | 'start' | 'kill_plugin'; readonly node?: string };

export type Item = Exchange | Step;

export interface RecordedServer {
  readonly name: string;
  readonly flags?: readonly string[];
  /** False = an agent. */
  readonly server?: boolean;
}

export interface Scenario {
  readonly about: string;
  readonly servers: readonly [RecordedServer, ...(readonly RecordedServer[])];
  /** Seconds to wait once every server knows a leader. */
  readonly settle_s?: number;
  readonly exchanges: readonly Item[];
}

/** Where the recorded server listened; tests listen elsewhere. */
const RECORDED_HTTP = /(?:\{\{addr_n1\}\}|127\.0\.0\.1):8080/g;

export function loadScenario(file: string): Scenario {
  const text = readFileSync(new URL(`testdata/${file}.json`, import.meta.url), 'utf8');
  return parseExact(text.replaceAll(RECORDED_HTTP, '{{http_n1}}')) as unknown as Scenario;
}

export function isStep(item: Item): item is Step {
  return 'step' in item;
}
