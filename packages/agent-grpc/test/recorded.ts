import { readFileSync } from 'node:fs';

/** A message of a recorded call; without `hex` it is too long to be kept. */
export interface RecordedMessage {
  readonly dir: 'request' | 'answer';
  readonly type?: string;
  readonly hex?: string;
  readonly bytes?: number;
}

export interface RecordedCall {
  readonly method: string;
  /** Name of the node that was called. */
  readonly server: string;
  readonly messages: readonly RecordedMessage[];
  /** Absent when the call did not end by its server. */
  readonly status?: { readonly code: number; readonly name: string; readonly message: string };
}

export interface RecordedScenario {
  readonly id: string;
  readonly rpcs: readonly RecordedCall[];
}

export interface RecordedCase {
  readonly case: string;
  readonly sent_to: string;
  readonly method: string;
  readonly messages: readonly RecordedMessage[];
  readonly status: { readonly code: number; readonly message: string } | string;
  readonly ends_process?: true;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../testdata/${name}`, import.meta.url), 'utf8'));

/** Runs as unmodified nodes of the original had them, with all calls around. */
export const SCENARIOS = read('agent-run.json') as readonly RecordedScenario[];
/** Single calls to nodes of the original. */
export const CASES = read('server-rpc.json') as readonly RecordedCase[];

export const bytesOf = ({ hex = '' }: RecordedMessage): Buffer => Buffer.from(hex, 'hex');
