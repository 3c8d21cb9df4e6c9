import type { ConfState } from '../core/types.ts';
import { checkData } from '../core/arguments.ts';
import { asError, RaftError } from './errors.ts';
import { BARRIER } from './proposals.ts';
import { type TransferStep, transferChange } from './state-transfer.ts';
import type { Engine } from './engine.ts';

/** Below the size of an append, so that a chunk delays no heartbeat for long. */
const CHUNK_BYTES = 256 * 1024;
const MAX_REFUSALS = 100;

/**
 * Replaces the state of every server by that of a stream, through the log. Commands applied meanwhile are overwritten.
 * Each chunk is committed before the next is read, so memory for the bytes is needed once on each server, not twice.
 */
export async function restoreThroughLog(
  engine: Engine,
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<void> {
  const propose = (step: TransferStep): Promise<void> => proposeStep(engine, step);
  await propose({ kind: 'begin' });
  let chunks = 0;
  let bytes = 0;
  try {
    for await (const part of stream) {
      checkData(part);
      for (let at = 0; at < part.length; at += CHUNK_BYTES) {
        const data = part.subarray(at, at + CHUNK_BYTES);
        bytes += data.length;
        if (bytes > maxBytes) {
          throw new RaftError('snapshot_failed', `the state has more than ${maxBytes} bytes (maxRestoreBytes)`, {
            maxBytes,
          });
        }
        await propose({ kind: 'chunk', sequence: chunks, data });
        chunks += 1;
      }
    }
  } catch (error) {
    // Snapshots wait while a restore is open.
    await propose({ kind: 'abort' }).catch(() => {});
    throw asError(error);
  }
  await propose({ kind: 'end', chunks, bytes });
}

/** A membership change of somebody else may be under way: its turn comes first. */
async function proposeStep(engine: Engine, step: TransferStep): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await proposeOnce(engine, step);
      return;
    } catch (error) {
      const busy = error instanceof RaftError && error.details['reason'] === 'pendingChange';
      if (!busy || attempt >= MAX_REFUSALS) throw error;
      await engine.proposals.addOne(BARRIER);
    }
  }
}

function proposeOnce(engine: Engine, step: TransferStep): Promise<ConfState> {
  return engine.membership.propose(transferChange(engine.core.id, step));
}
