import type { NodeId } from '../core/types.ts';
import type { LogState } from '../storage/ports.ts';
import { checkPeers } from './check-peers.ts';
import type { ResolvedModules } from './modules.ts';
import { forgetRecovery, parsePeers, recoverFromPeers } from './recover-peers.ts';

/**
 * Obeys `peers.json` if there is one, then removes it.
 * @param self - this server, which must be named in it
 * @returns the log as it is afterwards
 * @throws RaftError `recovery_refused`
 */
export async function recoverAtStart(state: LogState, modules: ResolvedModules, self: NodeId): Promise<LogState> {
  const { peersFile, logger, identity } = modules;
  const text = await peersFile?.read();
  if (peersFile === undefined || text === undefined) {
    await forgetRecovery(identity);
    return state;
  }
  const peers = parsePeers(text);
  await checkPeers(peers, state, modules, self);
  const recovered = await recoverFromPeers(peers, state, modules);
  await peersFile.remove();
  await forgetRecovery(identity);
  logger.warn('raft recovery by force is done', { peers, lastIndex: recovered.lastIndex });
  return recovered;
}
