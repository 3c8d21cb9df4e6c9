import type { SetPause } from '@dkron/jobs';
import { toUtf8 } from './bytes.ts';
import type { Journal } from './journal.ts';
import { pauseKey, settingKey, tokenKey } from './keys.ts';
import { Overlay } from './overlay.ts';
import { tokenCodec } from './records.ts';
import type { TokenRecord } from './records.ts';
import type { State } from './state.ts';

/** Tokens, pauses and settings as a transaction sees them. */
export class SmallChanges {
  readonly #state: State;
  readonly #journal: Journal;
  readonly #tokens: Overlay<string, TokenRecord>;
  readonly #pauses: Overlay<string, boolean>;
  readonly #settings: Overlay<string, string>;

  constructor(state: State, journal: Journal) {
    this.#state = state;
    this.#journal = journal;
    this.#tokens = new Overlay((key) => state.tokens.get(key));
    this.#pauses = new Overlay((scope) => state.pauses.has(scope));
    this.#settings = new Overlay((key) => state.settings.get(key));
  }

  token(key: string): TokenRecord | undefined {
    return this.#tokens.get(key);
  }

  /** Undefined removes. */
  setToken(key: string, record: TokenRecord | undefined): void {
    this.#tokens.set(key, record);
    if (record === undefined) this.#journal.delete(tokenKey(key));
    else this.#journal.put(tokenKey(key), tokenCodec.encode(record));
  }

  /** Oldest first. */
  tokens(): Generator<[string, TokenRecord]> {
    return this.#tokens.over(this.#state.tokens);
  }

  paused(scope: SetPause['scope']): boolean {
    return this.#pauses.get(scope) === true;
  }

  setPause(scope: SetPause['scope'], paused: boolean): void {
    this.#pauses.set(scope, paused);
    if (paused) this.#journal.put(pauseKey(scope), toUtf8(scope));
    else this.#journal.delete(pauseKey(scope));
  }

  setSetting(key: string, value: string): void {
    this.#settings.set(key, value);
    this.#journal.put(settingKey(key), toUtf8(value));
  }

  commit(): void {
    const state = this.#state;
    for (const [key, token] of this.#tokens.changes()) {
      state.setToken(key, token);
    }
    for (const [scope, paused] of this.#pauses.changes()) {
      state.setPause(scope, paused === true);
    }
    for (const [key, value] of this.#settings.changes()) {
      state.settings.set(key, value ?? '');
    }
  }
}
