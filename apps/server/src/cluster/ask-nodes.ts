import { status } from '@grpc/grpc-js';
import type { AskDescription, AskPledge } from '@dkron/cluster';
import type { NodeOffers } from '@dkron/contracts';
import { clusterService, offerService } from '@dkron/contracts';
import type { UnaryCalls } from './unary-calls.ts';

/** Asks nodes what they are. One that does not know the question is of the original. */
export function askDescription(calls: UnaryCalls): AskDescription {
  return async (address, timeoutMs) => {
    try {
      const description = await calls.call(address, clusterService.describe, {}, { timeoutMs });
      return { kind: 'ours', description };
    } catch (error) {
      if ((error as { code?: number }).code === status.UNIMPLEMENTED) return { kind: 'go' };
      return { kind: 'silent', why: (error as Error).message };
    }
  };
}

/** Asks servers for their pledge. */
export function askPledge(calls: UnaryCalls): AskPledge {
  return (address, request, timeoutMs) => calls.call(address, clusterService.pledge, request, { timeoutMs });
}

/** Asks nodes what they have for jobs. Rejects when one does not answer, or does not know the question. */
export function askOffers(calls: UnaryCalls): (address: string, timeoutMs: number) => Promise<NodeOffers> {
  return (address, timeoutMs) => calls.call(address, offerService.listOffers, {}, { timeoutMs });
}
