import type { SessionWorker } from '@dkron/agent-grpc';
import type { NodeTime } from '../world/node-time.ts';

export interface WorkerWatch {
  readonly process: NodeTime;
  readonly dispatched: (id: string, attempt: number, term: bigint) => void;
  readonly welcomed: (term: bigint) => void;
  /** The leader of a term has heard it within the session that began then. */
  readonly heard: (term: bigint, sinceMs: number) => void;
  readonly nowMs: () => number;
  /** The leader has taken the result. */
  readonly acknowledged: (id: string, attempt: number) => void;
}

interface Sent {
  readonly seq: number;
  readonly id: string;
  readonly attempt: number;
}

/** Shows what a worker hears and says in its sessions, whatever carries them. */
export function watchWorker(worker: SessionWorker, watch: WorkerWatch): SessionWorker {
  return {
    connect: (channel) => {
      let results: Sent[] = [];
      let term = 0n;
      let sinceMs = 0;
      const receiver = worker.connect({
        send: (messages) => {
          for (const message of messages) {
            // What a node kills because it stops itself is lost by its own word.
            if (message.type === 'finished' && message.report.reason !== 'restart')
              results.push({ seq: message.seq, id: message.id, attempt: message.attempt });
          }
          channel.send(messages);
        },
        close: (reason) => channel.close(reason),
      });
      return {
        receive: (messages) => {
          for (const message of messages) {
            if (message.type === 'dispatch')
              watch.dispatched(message.dispatch.id, message.dispatch.attempt, message.term);
            if (message.type === 'welcome') {
              term = message.term;
              sinceMs = watch.nowMs();
              watch.welcomed(term);
            }
            if (message.type === 'pong') watch.heard(term, sinceMs);
            if (message.type !== 'ack') continue;
            for (const sent of results) if (sent.seq <= message.seq) watch.acknowledged(sent.id, sent.attempt);
            results = results.filter(({ seq }) => seq > message.seq);
          }
          receiver.receive(messages);
        },
        closed: (reason) => receiver.closed(reason),
      };
    },
  };
}
