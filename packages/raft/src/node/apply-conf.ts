import { decodeConfChange } from '../core/confchange/codec.ts';
import { ConfChangeError } from '../core/confchange/errors.ts';
import type { ConfState, Entry, NodeId } from '../core/types.ts';
import { FOUNDING_INDEX, foundingSteps } from './founding.ts';
import { RaftError } from './errors.ts';
import type { Host } from './host.ts';
import { decodeInfos, idsOf } from './members.ts';
import type { ResolvedModules } from './modules.ts';
import { type TransferBuffer, transferStepOf } from './state-transfer.ts';

/**
 * Puts the membership change of an entry in force. A change that cannot be made is refused, on every server alike.
 * @param forget - called for everybody who is no member any more
 */
export function applyConfEntry(host: Host, entry: Entry, forget: (id: NodeId) => void): ConfState | ConfChangeError {
  const { core, members, modules } = host;
  try {
    const change = decodeConfChange(entry);
    const before = idsOf(members.conf);
    let conf = members.conf;
    for (const step of entry.index === FOUNDING_INDEX ? foundingSteps(change) : [change])
      conf = core.applyConfChange(step);
    members.apply(entry.index, conf, decodeInfos(change.context));
    const now = new Set(idsOf(conf));
    for (const id of before) if (!now.has(id)) forget(id);
    return conf;
  } catch (error) {
    if (!(error instanceof ConfChangeError)) throw error;
    modules.logger.warn('raft membership change cannot be made', { index: entry.index, error: error.message });
    return error;
  }
}

/** A step of a restore through the log; undefined if the entry is a membership change. */
export function applyTransferStep(
  host: Host,
  entry: Entry,
  buffer: TransferBuffer,
): Promise<ConfState | RaftError> | undefined {
  const step = transferStepOf(decodeConfChange(entry));
  if (step === undefined) return undefined;
  const { conf } = host.members;
  const chunks = buffer.take(entry, step);
  if (chunks === undefined) return Promise.resolve(conf);
  if (chunks === 'broken') {
    const text = 'the restore was interrupted: leadership changed, or another restore began; nothing was restored';
    return Promise.resolve(new RaftError('snapshot_failed', text, { index: entry.index }));
  }
  return restoreFromLog(host.modules, entry, chunks, conf).then(() => conf);
}

/** The last step of a restore through the log: its chunks take the place of the state. */
export async function restoreFromLog(
  { stateMachine, logger }: Pick<ResolvedModules, 'stateMachine' | 'logger'>,
  { index, term }: Entry,
  chunks: readonly Uint8Array[],
  confState: ConfState,
): Promise<void> {
  logger.warn('raft state is replaced by a restore', { index });
  await stateMachine.restore(streamOf(chunks), { index, term, confState }, 'log');
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
