import { WireError } from '../errors.ts';
import { decodeSerfMessage } from '../wire/serf-codec.ts';
import type { KeyResponse } from '../wire/serf-messages.ts';
import type { KeyCommandInfo, SerfContext } from './context.ts';
import { KEY_QUERIES } from './key-queries.ts';
import type { QueryHandler, QueryParams } from './own-queries.ts';

/** The query that asks all members to change or list their keys, and what becomes of it: `keyResult`. */
export function keyCommand(
  context: SerfContext,
  command: KeyCommandInfo['command'],
  key: Uint8Array | null,
  relayFactor: number,
  close: (handle: number) => void,
): { readonly params: QueryParams; readonly handlerOf: (handle: number) => QueryHandler } {
  const tally = new KeyTally(Math.max(1, context.members.presentCount));
  const payload = context.encode({ type: 'keyRequest', key: key ?? new Uint8Array(0) });
  return {
    params: { name: KEY_QUERIES[command], payload, relayFactor },
    handlerOf: (query) => ({
      onAnswer: (from, answer) => {
        tally.take(from, answer);
        if (tally.answers === tally.members) close(query);
      },
      onEnd: () => context.emit({ type: 'keyResult', query, ...tally.result() }),
    }),
  };
}

/** Counts the answers to a key command. */
class KeyTally {
  readonly members: number;
  answers = 0;
  #errors = 0;
  readonly #messages = new Map<string, string>();
  readonly #keys = new Map<string, number>();
  readonly #primaryKeys = new Map<string, number>();

  constructor(members: number) {
    this.members = members;
  }

  take(from: string, payload: Uint8Array): void {
    this.answers++;
    const response = readResponse(payload);
    if (response === undefined) {
      this.#errors++;
      this.#messages.set(from, 'the answer cannot be read');
      return;
    }
    if (!response.result) this.#errors++;
    if (!response.result || response.message !== '') this.#messages.set(from, response.message);
    for (const key of response.keys ?? []) count(this.#keys, key);
    if (response.primaryKey !== '') count(this.#primaryKeys, response.primaryKey);
  }

  result(): {
    readonly succeeded: boolean;
    readonly members: number;
    readonly answers: number;
    readonly errors: number;
    readonly messages: ReadonlyMap<string, string>;
    readonly keys: ReadonlyMap<string, number>;
    readonly primaryKeys: ReadonlyMap<string, number>;
  } {
    const { members, answers } = this;
    return {
      succeeded: this.#errors === 0 && answers === members,
      members,
      answers,
      errors: this.#errors,
      messages: this.#messages,
      keys: this.#keys,
      primaryKeys: this.#primaryKeys,
    };
  }
}

function readResponse(payload: Uint8Array): KeyResponse | undefined {
  try {
    const response = decodeSerfMessage(payload);
    return response.type === 'keyResponse' ? response : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
