import type { Command, CommandResults, NoticeChannel } from '@dkron/jobs';
import { channelsIn, Notifier } from '@dkron/notifier';
import type { ReplicatedLog, StampSource } from '@dkron/scheduler';
import type { FeatureGate } from '../cluster/feature-gate.ts';
import { NOTICES_LEVEL } from '../cluster/feature-level.ts';
import type { ServerOptions } from '../options.ts';
import type { ServerCore } from './core.ts';
import type { Environment } from './environment.ts';

/** Whether updates of executions may say who is told of them. */
type Gate = Pick<FeatureGate, 'level'>;

/** Puts into updates of executions who is told of them. Nothing is changed where nobody is told. */
export function tellingLog(log: ReplicatedLog, { notifications }: ServerOptions, features: Gate): ReplicatedLog {
  const channels = channelsIn(notifications);
  return channels.length === 0 ? log : new TellingLog(log, channels, features);
}

class TellingLog implements ReplicatedLog {
  readonly #log: ReplicatedLog;
  readonly #channels: readonly NoticeChannel[];
  readonly #features: Gate;

  constructor(log: ReplicatedLog, channels: readonly NoticeChannel[], features: Gate) {
    this.#log = log;
    this.#channels = channels;
    this.#features = features;
  }

  leadershipValid(): boolean {
    return this.#log.leadershipValid();
  }

  term(): bigint {
    return this.#log.term();
  }

  propose<C extends Command>(command: C): Promise<CommandResults[C['type']]> {
    if (command.type !== 'executionUpdates' || this.#features.level < NOTICES_LEVEL) return this.#log.propose(command);
    return this.#log.propose({ ...command, notify: this.#channels });
  }
}

/**
 * Sends what is to be told while this server leads, also what another leader left that was configured otherwise. Not at
 * work yet.
 */
export function createNotifier(
  options: ServerOptions,
  { store }: ServerCore,
  { log, stamps }: { readonly log: ReplicatedLog; readonly stamps: StampSource },
  environment: Environment,
): Notifier {
  const { notifications: settings, nodeName: reportingNode, notificationMaxAge: ageMaxMs } = options;
  const notifier = new Notifier({ settings, reportingNode, ageMaxMs }, { ...environment, view: store, log, stamps });
  environment.unwind.add(() => notifier.close());
  return notifier;
}
