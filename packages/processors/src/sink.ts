import type { Random, Timers } from '@dkron/runtime';
import { Backoff, REDACTED, withoutCredentials } from '@dkron/runtime';
import { systemRandom, systemTimers } from '@dkron/runtime/system';
import type { z } from 'zod';
import { readConfig, secretsOf } from './config.ts';
import { ProcessorError } from './errors.ts';
import { forwardOr } from './forward.ts';
import type { Processor, ProcessorConfig, ProcessorConfigSchema, ProcessorContext, ProcessorInput } from './types.ts';

/** Time and chance; systems' own by default. */
export interface SinkModules {
  readonly timers?: Timers;
  readonly random?: Random;
}

/** A processor that hands each output to something outside. */
export interface Sink<S extends ProcessorConfigSchema> {
  readonly name: string;
  readonly configSchema: S;
  /** What stands for an output that is not kept. */
  readonly replacement: string | ((input: ProcessorInput, config: z.output<S>) => string);
  /** Values that must not be seen, beside those of keys with `secret`. */
  readonly secrets?: readonly string[];
  /** Parts of secrets that a receiver might send back. */
  partsOfSecrets?(config: ProcessorConfig): readonly string[];
  /** Tries in all, while they fail by a `SinkFailure` that may pass. @default 3 */
  readonly triesMax?: number;
  /** Longest time of one try, in milliseconds. @default 10000 */
  readonly tryMs?: number;
  /** False = nothing is sent and the output stays as it was. @default always true */
  wants?(input: ProcessorInput, config: z.output<S>): boolean;
  /**
   * One try. Sending twice must do no harm that can be avoided: what carries an identity uses that of the execution.
   *
   * @param config the keys of the schema; an empty text counts as absent
   */
  send(input: ProcessorInput, config: z.output<S>, context: ProcessorContext): Promise<void>;
}

/** What is sent to did not take it. */
export class SinkFailure extends Error {
  /** Another try may help. */
  readonly passing: boolean;

  constructor(message: string, options: ErrorOptions & { readonly passing: boolean }) {
    super(message, options);
    this.passing = options.passing;
  }
}

const TRIES_MAX = 3;
const TRY_MS = 10_000;
const WAITS = { minMs: 250, maxMs: 2_000 };
const ERROR_LENGTH_MAX = 500;

/** Tries a few times within the time it is given; its errors are one line, name the cause and hold no secrets. */
export function sinkProcessor<S extends ProcessorConfigSchema>(sink: Sink<S>, modules: SinkModules = {}): Processor {
  const { timers = systemTimers, random = systemRandom } = modules;
  const { name, configSchema } = sink;
  return {
    name,
    configSchema,
    process: async (input, config, context) => {
      const backoff = new Backoff(WAITS, { random });
      try {
        const read = readConfig(configSchema, config);
        if (sink.wants?.(input, read) === false) return input.output;
        for (let tries = 1; ; tries++) {
          context.signal.throwIfAborted();
          try {
            await oneTry(sink, input, read, context, timers);
            const { replacement } = sink;
            return forwardOr(typeof replacement === 'string' ? replacement : replacement(input, read), input, config);
          } catch (error) {
            const again = error instanceof SinkFailure && error.passing && tries < (sink.triesMax ?? TRIES_MAX);
            if (!again || context.signal.aborted) throw error;
          }
          await timers.sleep(backoff.next(), context.signal);
        }
      } catch (error) {
        if (context.signal.aborted) throw context.signal.reason;
        const parts = sink.partsOfSecrets?.(config) ?? [];
        const secrets = [...(sink.secrets ?? []), ...secretsOf(configSchema, config), ...parts];
        throw withoutSecrets(name, error, secrets);
      }
    },
  };
}

async function oneTry<S extends ProcessorConfigSchema>(
  sink: Sink<S>,
  input: ProcessorInput,
  config: z.output<S>,
  context: ProcessorContext,
  timers: Timers,
): Promise<void> {
  const limit = new AbortController();
  const tryMs = sink.tryMs ?? TRY_MS;
  const late = new SinkFailure(`no answer within ${tryMs} ms`, { passing: true });
  const cancel = timers.after(tryMs, () => limit.abort(late));
  const stop = (): void => limit.abort(context.signal.reason);
  context.signal.addEventListener('abort', stop, { once: true });
  const stopped = new Promise<never>((_resolve, reject) => {
    limit.signal.addEventListener('abort', () => reject(limit.signal.reason as Error), { once: true });
  });
  try {
    const sent = sink.send(input, config, { signal: limit.signal, logger: context.logger });
    await Promise.race([sent, stopped]);
  } catch (error) {
    // However a client tells that it was stopped.
    throw limit.signal.aborted ? limit.signal.reason : error;
  } finally {
    cancel();
    context.signal.removeEventListener('abort', stop);
  }
}

/** The cause is left out, as it might hold what the text must not. */
function withoutSecrets(name: string, error: unknown, secrets: readonly string[]): ProcessorError {
  const text = `processor ${name}: ${oneLine(error, secrets)}`;
  if (error instanceof ProcessorError) return new ProcessorError(error.code, text, error.details);
  return new ProcessorError('sink', text, { name });
}

/** The text of an error in one line of limited length, without the secrets. */
export function oneLine(error: unknown, secrets: readonly string[]): string {
  let text = withoutCredentials(textOf(error)).replaceAll(/\s+/g, ' ');
  // The longest first: a secret may be part of another.
  for (const secret of secrets.toSorted((a, b) => b.length - a.length)) {
    if (secret !== '' && !isOrigin(secret)) text = text.replaceAll(secret, REDACTED);
  }
  return text.length > ERROR_LENGTH_MAX ? `${text.slice(0, ERROR_LENGTH_MAX)}…` : text;
}

/** Scheme, host and port: what errors have to name, also where an address may hold secrets. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.host !== '' && `${url.protocol}//${url.host}` === text.replace(/\/$/, '');
}

/** `fetch` and sockets with several addresses hide the reason in `cause` and `errors`. */
export function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return textOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : textOf(error.cause);
  return cause === '' || error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}
