import type { Command } from '@dkron/jobs';
import type { RaftNode } from '@dkron/raft';
import type { Logger } from '@dkron/runtime';
import { DkronError } from '@dkron/runtime';
import type { Store } from '@dkron/store';
import { StartError } from '../errors.ts';
import { SOFTWARE } from '../version.ts';
import { COMMAND_LEVELS, LEVEL_SETTING } from './feature-level.ts';
import type { SurveyedServer } from './server-survey.ts';

/** Not all servers of the cluster would understand it. */
export class FeatureLevelError extends DkronError<'feature_level'> {}

export interface FeatureGateOptions {
  /** What this server knows, or is allowed to. */
  readonly featureMax: number;
  /** @default the table of this version */
  readonly commandLevels?: Readonly<Record<string, number>>;
}

export interface FeatureGateModules {
  readonly store: Pick<Store, 'getSetting' | 'onApplied' | 'onRestored'>;
  readonly raft: Pick<RaftNode, 'setFeatureLevel' | 'getConfiguration'>;
  readonly logger: Logger;
}

/**
 * The level of features that all servers of the cluster share. It is part of the replicated state and never falls: below
 * it no server takes part, above it nothing is written.
 */
export class FeatureGate {
  readonly #options: FeatureGateOptions;
  readonly #modules: FeatureGateModules;
  #text: string | undefined;
  #level = 0;
  #told = '';

  /** @throws StartError `feature_level` when the state was written at a level that this server does not know */
  constructor(options: FeatureGateOptions, modules: FeatureGateModules) {
    this.#options = options;
    this.#modules = modules;
    this.#read();
    if (this.#level > options.featureMax) throw tooOld(this.#level, options.featureMax);
    modules.store.onApplied(() => this.#read());
    modules.store.onRestored(() => this.#read());
  }

  get level(): number {
    return this.#level;
  }

  /** @throws FeatureLevelError for a command that not all servers would understand */
  check(type: Command['type']): void {
    const needed = (this.#options.commandLevels ?? (COMMAND_LEVELS as Readonly<Record<string, number>>))[type] ?? 0;
    if (needed <= this.#level) return;
    const text = `${type} needs feature level ${needed}, the cluster is at ${this.#level} until all of its servers are upgraded`;
    throw new FeatureLevelError('feature_level', text, { needed, level: this.#level });
  }

  /**
   * The level to raise the cluster to now; undefined = it stays. Says once what it waits for.
   * @param of - what a member said of itself
   */
  next(self: string, of: (id: string) => SurveyedServer | undefined): number | undefined {
    const { raft, logger } = this.#modules;
    const { featureMax } = this.#options;
    const others = raft.getConfiguration().members.filter(({ id }) => id !== self);
    const known = others.map(({ id }) => ({ id, server: of(id) }));
    const lowest = Math.min(featureMax, ...known.map(({ server }) => server?.featureMax ?? this.#level));
    // A restored backup may hold a lower one than the cluster had.
    const stored = Number(this.#text ?? 0);
    if (lowest > this.#level || stored < this.#level) return Math.max(lowest, this.#level);
    if (this.#level >= featureMax) return undefined;
    const behind = known
      .filter(({ server }) => (server?.featureMax ?? 0) <= this.#level)
      .map(({ id, server }) =>
        server === undefined ? `${id} (no answer)` : `${id} (${server.software}: ${server.featureMax})`,
      );
    const text = `feature level stays at ${this.#level}: ${behind.join(', ')} know no more; upgrade them to have what ${SOFTWARE} can do at ${featureMax}`;
    if (behind.length > 0 && text !== this.#told) logger.warn(`cluster: ${text}`);
    this.#told = text;
    return undefined;
  }

  #read(): void {
    const { store, raft, logger } = this.#modules;
    const text = store.getSetting(LEVEL_SETTING);
    if (text === this.#text) return;
    this.#text = text;
    const level = Number(text ?? 0);
    if (!(Number.isSafeInteger(level) && level > this.#level)) return;
    this.#level = level;
    raft.setFeatureLevel(level);
    logger.info('cluster: feature level', { level });
  }
}

function tooOld(level: number, featureMax: number): StartError {
  const message =
    `data-dir: the cluster writes at feature level ${level}, this server knows up to ${featureMax} (${SOFTWARE}); ` +
    `start the version that ran here last, or a later one`;
  return new StartError('feature_level', message, { option: 'data-dir' });
}
