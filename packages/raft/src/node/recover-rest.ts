import { type ConfState, type Entry, EntryType } from '../core/types.ts';
import { decodeConfChange } from '../core/confchange/codec.ts';
import type { LogState } from '../storage/ports.ts';
import { restoreFromLog } from './apply-conf.ts';
import type { ResolvedModules } from './modules.ts';
import { TransferBuffer, transferStepOf } from './state-transfer.ts';

const READ_BYTES = 1 << 20;

/** Where the replay of a log begins, and what it means. */
export interface RestOf {
  /** Last entry that the snapshot covers, or that is gone from the log: no restore is under way there. */
  readonly from: number;
  /** Last entry that the state machine holds, from `from` on. */
  readonly applied: number;
  /** Membership that a restore is told. */
  readonly confState: ConfState;
}

/**
 * Brings the state machine to the end of the log, as applying one entry after the other does: restores that went through
 * the log are membership changes by their form. A durable state machine may be in the middle of one, so that its chunks
 * are read again.
 * @returns false if entries that are needed are gone from the log
 */
export async function applyRest(
  { log, stateMachine, logger }: ResolvedModules,
  { from, applied, confState }: RestOf,
  state: LogState,
): Promise<boolean> {
  const transfer = new TransferBuffer();
  let commands: Entry[] = [];
  const applyCommands = async (): Promise<void> => {
    if (commands.length > 0) await stateMachine.apply(commands);
    commands = [];
  };
  for (let next = from + 1; next <= state.lastIndex;) {
    const entries = await log.read(next, state.lastIndex + 1, READ_BYTES);
    if (entries === 'compacted') return false;
    for (const entry of entries) {
      transfer.observe(entry.term);
      if (entry.type === EntryType.normal) {
        if (entry.index > applied && entry.data.length > 0) commands.push(entry);
        continue;
      }
      const step = transferStepOf(decodeConfChange(entry));
      const chunks = step === undefined ? undefined : transfer.take(entry, step);
      if (chunks === undefined || chunks === 'broken' || entry.index <= applied) continue;
      await applyCommands();
      await restoreFromLog({ stateMachine, logger }, entry, chunks, confState);
    }
    await applyCommands();
    next = entries.at(-1)!.index + 1;
  }
  return true;
}
