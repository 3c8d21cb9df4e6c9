import { Candidacy } from './candidacy.ts';
import type { Checker } from './checker.ts';
import { ConfigChanges } from './config-changes.ts';
import { ConfigShape } from './config-shape.ts';
import { Durability } from './durability.ts';
import { ElectionSafety } from './election-safety.ts';
import { LeaderAppendOnly } from './leader-append-only.ts';
import { LeaderCompleteness } from './leader-completeness.ts';
import { Liveness } from './liveness.ts';
import { LogMatching } from './log-matching.ts';
import { LogPositions } from './log-positions.ts';
import { Monotony } from './monotony.ts';
import { NothingEarly } from './nothing-early.ts';
import { ProgressShape } from './progress-shape.ts';
import { OwnEntry } from './own-entry.ts';
import { Quiescence } from './quiescence.ts';
import { Reads } from './reads.ts';
import { StateMachineSafety } from './state-machine-safety.ts';
import { Transfers } from './transfers.ts';
import { UncommittedSize } from './uncommitted-size.ts';

/** A fresh set of all checkers of single runs, for one run. Determinism is checked by running twice. */
export function allCheckers(): Checker[] {
  return [
    new ElectionSafety(),
    new LeaderAppendOnly(),
    new LogMatching(),
    new LeaderCompleteness(),
    new StateMachineSafety(),
    new Monotony(),
    new Durability(),
    new LogPositions(),
    new ProgressShape(),
    new ConfigShape(),
    new ConfigChanges(),
    new UncommittedSize(),
    new Reads(),
    new Candidacy(),
    new NothingEarly(),
    new Liveness(),
    new Quiescence(),
    new OwnEntry(),
    new Transfers(),
  ];
}
