import { NONE } from '../core/ids.ts';
import type { Host } from './host.ts';
import { isVoter } from './members.ts';

/** Election timeouts after which a leader that nobody relieves gives up. */
const PATIENCE_ELECTIONS = 3;

/**
 * A leader that is no voter any more. Stepping down at once could leave a voter that has the change but does not know
 * that it is committed, and so waits for a vote that never comes: a leader of two that removes itself would leave nobody.
 * So it goes on leading, without counting itself, until a voter has its whole log and was told to take over.
 */
export class Resignation {
  readonly #host: Host;
  #ticks = 0;
  #relieved = false;

  constructor(host: Host) {
    this.#host = host;
  }

  /** After every turn of a leader. */
  check(): void {
    const { core, members } = this.#host;
    if (isVoter(members.conf, core.id)) {
      this.#ticks = 0;
      this.#relieved = false;
      return;
    }
    const { role, leadTransferee } = core.basicStatus();
    if (role !== 'leader') return;
    if (this.#relieved) core.stepDown();
    else if (leadTransferee === NONE) core.transferLeader(NONE);
  }

  /** The core told the successor to take over; that message leaves with the next turn. */
  relieved(): void {
    this.#relieved = true;
  }

  tick(): void {
    const { core, members, options } = this.#host;
    if (isVoter(members.conf, core.id)) return;
    if (++this.#ticks > PATIENCE_ELECTIONS * options.electionTick) core.stepDown();
  }
}
