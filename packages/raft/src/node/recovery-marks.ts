import type { TraceEvent } from '../core/events.ts';
import type { EntryId } from '../core/log/raft-log.ts';
import type { IdentityStorage } from '../storage/identity.ts';
import type { LogState } from '../storage/ports.ts';
import type { ResolvedModules } from './modules.ts';

/** Marker of the identity: `index:term` of the last entry that counts as committed by force alone. */
export const UNCONFIRMED = 'unconfirmed';
/** Marker of the identity: log and state are void, until a snapshot of the leader is installed. */
const DISCARDED = 'discarded';

/** What a server remembers of a recovery by force, over restarts. */
export class RecoveryMarks {
  readonly #identity: IdentityStorage;
  #unconfirmed: EntryId | undefined;
  #discarded = false;

  constructor(modules: { readonly identity: IdentityStorage }) {
    this.#identity = modules.identity;
  }

  /** For the core: see `CoreOptions.unconfirmed`. */
  get unconfirmed(): EntryId | undefined {
    return this.#unconfirmed;
  }

  /** Whether this server holds nothing that counts: whatever the state machine says. */
  get discarded(): boolean {
    return this.#discarded;
  }

  async load(): Promise<void> {
    const markers = (await this.#identity.load())?.markers ?? {};
    const [index = 0, term = 0] = (markers[UNCONFIRMED] ?? '').split(':').map(Number);
    this.#unconfirmed = index > 0 && term > 0 ? { index, term } : undefined;
    this.#discarded = markers[DISCARDED] !== undefined;
  }

  /** Takes note of what the core says. */
  observe(event: TraceEvent, onError: (error: unknown) => void): void {
    if (event.kind === 'recoveryConfirmed') this.setUnconfirmed(undefined).catch(onError);
    if (event.kind === 'recoveryInherited')
      this.setUnconfirmed({ index: event.index, term: event.term }).catch(onError);
  }

  /** Durably: this entry, or nothing any more, counts as committed by force alone. */
  async setUnconfirmed(entry: EntryId | undefined): Promise<void> {
    if (entry?.index === this.#unconfirmed?.index && entry?.term === this.#unconfirmed?.term) return;
    this.#unconfirmed = entry;
    await this.#identity.update({ markers: { [UNCONFIRMED]: textOf(entry) } });
  }

  /**
   * The leader contradicts what counted as committed by force: log and snapshots are given up, term and vote stay. A
   * crash in between is finished by the next start.
   * @returns the log as it is then
   */
  async discard({ log, snapshots }: ResolvedModules): Promise<LogState> {
    this.#unconfirmed = undefined;
    this.#discarded = true;
    await this.#identity.update({ markers: { [UNCONFIRMED]: '', [DISCARDED]: '1' } });
    return await this.finishDiscard({ log, snapshots });
  }

  /** The part that a start repeats. */
  async finishDiscard({ log, snapshots }: Pick<ResolvedModules, 'log' | 'snapshots'>): Promise<LogState> {
    await snapshots.clear();
    const { term, vote } = log.state().hardState;
    await log.reset({ index: 0, term: 0 }, { hardState: { term, vote, commit: 0 } });
    return log.state();
  }

  /** A snapshot of the leader is installed, and nothing of it acknowledged yet. */
  async installed(): Promise<void> {
    if (!this.#discarded) return;
    await this.#identity.update({ markers: { [DISCARDED]: '' } });
    this.#discarded = false;
  }
}

function textOf(entry: EntryId | undefined): string {
  return entry === undefined ? '' : `${entry.index}:${entry.term}`;
}
