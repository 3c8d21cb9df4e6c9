import type { Fields, Logger } from '@dkron/runtime';
import { assert, silentLogger } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import type { Processor, ProcessorConfig, ProcessorInput } from '../types.ts';

const STOP_AFTER_MS = 100;
/** Generous: the machine may be slow. What does not listen takes longer than any limit. */
const SETTLED_WITHIN_MS = 15_000;

export function inputOf(id: string, output: string): ProcessorInput {
  return {
    executionId: `1700000000000000000-${id}`,
    jobName: 'suite',
    nodeName: 'node-a',
    reportingNode: 'node-b',
    success: true,
    startedAt: '2026-01-01T00:00:00Z',
    output: new TextEncoder().encode(output),
  };
}

interface CallOptions {
  readonly signal?: AbortSignal;
  readonly logger?: Logger;
}

export function run(
  processor: Processor,
  input: ProcessorInput,
  config: ProcessorConfig,
  { signal = new AbortController().signal, logger = silentLogger }: CallOptions = {},
): Promise<Uint8Array> {
  return processor.process(input, config, { signal, logger });
}

/** How a call ends whose signal aborts. @throws AssertionError when it does not end */
export async function afterAbort(
  processor: Processor,
  config: ProcessorConfig,
  when: 'at once' | 'later',
): Promise<'fulfilled' | 'rejected'> {
  const stop = new AbortController();
  if (when === 'at once') stop.abort(new Error('stopped'));
  const call = run(processor, inputOf('stopped', 'output'), config, { signal: stop.signal }).then(
    () => 'fulfilled' as const,
    () => 'rejected' as const,
  );
  const cancelStop = systemTimers.after(STOP_AFTER_MS, () => stop.abort(new Error('stopped')));
  let cancelLimit = (): void => {};
  const limit = new Promise<'hangs'>((resolve) => {
    cancelLimit = systemTimers.after(STOP_AFTER_MS + SETTLED_WITHIN_MS, () => resolve('hangs'));
  });
  const settled = await Promise.race([call, limit]);
  cancelStop();
  cancelLimit();
  assert(settled !== 'hangs', `it did not end within ${SETTLED_WITHIN_MS} ms after it was stopped`);
  return settled;
}

/** All that was logged, as one text. */
export class LogText {
  text = '';
  warnings = 0;
  readonly logger: Logger = {
    child: (fields) => {
      this.#note('', fields);
      return this.logger;
    },
    debug: (event, fields) => this.#note(event, fields),
    info: (event, fields) => this.#note(event, fields),
    warn: (event, fields) => this.#warn(event, fields),
    error: (event, fields) => this.#warn(event, fields),
  };

  #warn(event: string, fields: Fields | undefined): void {
    this.warnings++;
    this.#note(event, fields);
  }

  #note(event: string, fields: Fields = {}): void {
    const shown = Object.entries(fields).map(([name, value]) => `${name}=${shownOf(value)}`);
    this.text += `${[event, ...shown].join(' ')}\n`;
  }
}

function shownOf(value: unknown): string {
  if (value instanceof Error) return `${value.stack ?? value.message} ${shownOf(value.cause ?? '')}`;
  return JSON.stringify(value, (_key, part: unknown) => plain(part));
}

function plain(part: unknown): unknown {
  if (typeof part === 'bigint') return String(part);
  return part instanceof Error ? part.message : part;
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
