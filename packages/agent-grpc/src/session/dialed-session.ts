import type { SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import type { Cancel, Timers } from '@dkron/runtime';
import type { SessionTransport, SessionWorker } from './ports.ts';
import type { Target } from './server-choice.ts';

/** How a dialed stream ended. */
export type SessionOutcome =
  /** It does not lead, and says who does. */
  | { readonly kind: 'redirected'; readonly leader: string; readonly address: string; readonly term: bigint }
  | { readonly kind: 'noLeader'; readonly retryMs: number }
  /** It does not want this worker, or not now. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nobody took the stream. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** Taken, and ended before a welcome. */
  | { readonly kind: 'broken'; readonly reason: string }
  /** Ended after its welcome. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface DialedSessionModules {
  readonly worker: SessionWorker;
  readonly transport: SessionTransport;
  readonly timers: Timers;
  readonly welcomed: (term: bigint) => void;
  /** Once; not after `close`. */
  readonly ended: (outcome: SessionOutcome) => void;
}

type Steering = Extract<ToWorker, { type: 'redirect' | 'noLeader' | 'refuse' }>;

/** One stream to one server: joins it to the worker, and keeps from the worker what concerns only the way to the leader. */
export class DialedSession {
  readonly #target: Target;
  readonly #modules: DialedSessionModules;
  #channel: SessionChannel<ToServer> | undefined;
  #receiver: SessionReceiver<ToWorker> | undefined;
  #timer: Cancel;
  #opened = false;
  #welcomed = false;
  #over = false;

  constructor(target: Target, dialTimeoutMs: number, modules: DialedSessionModules) {
    this.#target = target;
    this.#modules = modules;
    this.#timer = modules.timers.after(dialTimeoutMs, () => this.#end(`no answer within ${dialTimeoutMs} ms`));
  }

  start(): void {
    const channel = this.#modules.transport.open(this.#target.server.address, {
      opened: () => this.#open(),
      receive: (messages) => this.#receive(messages),
      closed: (reason) => this.#end(reason),
    });
    if (this.#over) return channel.close('ended at once');
    this.#channel = channel;
    if (this.#opened) this.#join();
  }

  /** Ends it without a word to `ended`. */
  close(reason: string): void {
    if (this.#over) return;
    this.#finish(reason);
  }

  #open(): void {
    if (this.#over || this.#opened) return;
    this.#timer();
    this.#opened = true;
    if (this.#channel !== undefined) this.#join();
  }

  #join(): void {
    const channel: SessionChannel<ToServer> = {
      send: (messages) => this.#channel?.send(this.#target.relay ? messages.map(askingForRelay) : messages),
      close: (reason) => this.#end(reason),
    };
    this.#receiver = this.#modules.worker.connect(channel);
  }

  #receive(messages: readonly ToWorker[]): void {
    if (this.#over) return;
    const at = messages.findIndex(isSteering);
    const before = at === -1 ? messages : messages.slice(0, at);
    const welcome = this.#welcomed ? undefined : before.find((message) => message.type === 'welcome');
    if (welcome !== undefined) {
      this.#welcomed = true;
      this.#modules.welcomed(welcome.term);
    }
    if (before.length > 0) this.#receiver?.receive(before);
    if (at !== -1 && !this.#over) this.#steer(messages[at] as Steering);
  }

  #steer(message: Steering): void {
    if (message.type === 'redirect') {
      const { leader, address, term } = message;
      this.#finish(`redirected to ${leader}`);
      this.#modules.ended({ kind: 'redirected', leader, address, term });
    } else if (message.type === 'noLeader') {
      this.#finish('nobody leads');
      this.#modules.ended({ kind: 'noLeader', retryMs: message.retryMs });
    } else {
      const reason = `refused: ${message.code}: ${message.text}`;
      this.#finish(reason);
      this.#modules.ended({ kind: 'refused', reason });
    }
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#finish(reason);
    const kind = this.#welcomed ? 'lost' : this.#opened ? 'broken' : 'unreachable';
    this.#modules.ended({ kind, reason });
  }

  #finish(reason: string): void {
    this.#over = true;
    this.#timer();
    this.#channel?.close(reason);
    this.#receiver?.closed(reason);
  }
}

function isSteering({ type }: ToWorker): boolean {
  return type === 'redirect' || type === 'noLeader' || type === 'refuse';
}

function askingForRelay(message: ToServer): ToServer {
  return message.type === 'hello' ? { ...message, relay: true } : message;
}
