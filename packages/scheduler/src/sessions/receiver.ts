import type { ExecutionId, ExecutionUpdate, SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import type { Context } from '../context.ts';
import type { OutputChunk } from './output-watchers.ts';
import { textOutput } from './reconcile.ts';
import type { UpdateBatcher } from './update-batcher.ts';
import { WINDOW } from './worker-session.ts';
import type { WorkerSession } from './worker-session.ts';

export interface ReceiverHooks {
  /** Calls `adopt` right before the welcome is sent, which answers false when the channel is gone. Resolves false when refused. */
  welcome(hello: Extract<ToServer, { type: 'hello' }>, adopt: (session: WorkerSession) => boolean): Promise<boolean>;
  closed(session: WorkerSession): void;
  output(chunk: OutputChunk): void;
  /** The worker cannot take it now; it stays pending. */
  putBack(session: WorkerSession, id: ExecutionId): void;
  /** The window moved. */
  sendable(session: WorkerSession): void;
}

/** Refusals that pass: the worker never journaled the execution and may take it later. */
const TRANSIENT = /^(draining|no free slot|too many results)/;
/** The worker's journal knows the attempt from a boot that is gone. */
const DIED = /^died/;

/** Takes one worker's messages: a hello, then updates that are acknowledged when committed. */
export class Receiver implements SessionReceiver<ToServer> {
  readonly #context: Context;
  readonly #updates: UpdateBatcher;
  readonly #channel: SessionChannel<ToWorker>;
  readonly #hooks: ReceiverHooks;
  #session: WorkerSession | undefined;
  #greeted = false;
  #drainEarly = false;
  #over = false;
  #acknowledging = false;

  constructor(context: Context, updates: UpdateBatcher, channel: SessionChannel<ToWorker>, hooks: ReceiverHooks) {
    this.#context = context;
    this.#updates = updates;
    this.#channel = channel;
    this.#hooks = hooks;
  }

  receive(messages: readonly ToServer[]): void {
    for (const message of messages) {
      if (this.#over) return;
      if (message.type === 'hello') this.#hello(message);
      else if (this.#session === undefined) this.#early(message);
      else this.#take(this.#session, message);
    }
    if (this.#session !== undefined) this.#acknowledge(this.#session);
  }

  closed(_reason: string): void {
    this.#over = true;
    if (this.#session !== undefined) this.#hooks.closed(this.#session);
  }

  #hello(hello: Extract<ToServer, { type: 'hello' }>): void {
    if (this.#greeted) return this.#end('a second hello on one session');
    this.#greeted = true;
    const adopt = (session: WorkerSession): boolean => {
      if (!this.#over) this.#session = session;
      session.draining = this.#drainEarly;
      return !this.#over;
    };
    this.#hooks.welcome(hello, adopt).then(
      (welcomed) => {
        if (!welcomed) this.#end('refused');
      },
      (error: unknown) => {
        this.#context.logger.warn('A hello could not be settled', { node: hello.node, error });
        this.#end('the hello could not be settled');
      },
    );
  }

  /** Before the welcome a worker may only ask whether the server lives, or say that it drains. */
  #early(message: ToServer): void {
    if (message.type === 'ping') this.#pong((pong) => this.#channel.send([pong]), message.n);
    else if (message.type === 'drain') this.#drainEarly = true;
    else this.#end(`${message.type} before the welcome`);
  }

  #take(session: WorkerSession, message: Exclude<ToServer, { type: 'hello' }>): void {
    session.lastHeardMs = this.#context.clock.monotonicMs();
    switch (message.type) {
      case 'ping':
        return this.#pong((pong) => session.send([pong]), message.n);
      case 'ack':
        session.acked(message.seq);
        return this.#hooks.sendable(session);
      case 'drain':
        session.draining = true;
        return;
      case 'output': {
        if (!this.#inOrder(session, message.seq, false)) return;
        this.#hooks.output(message);
        return session.returnCredit(message.bytes.length);
      }
      case 'refused':
        if (!TRANSIENT.test(message.reason)) break;
        if (this.#inOrder(session, message.seq, false)) this.#hooks.putBack(session, message.id);
        return;
      default:
    }
    if (this.#inOrder(session, message.seq, true)) this.#commit(session, message.seq, this.#updateOf(message));
  }

  #pong(send: (pong: ToWorker) => void, n: number): void {
    if (this.#context.mayAct()) send({ type: 'pong', n });
  }

  #inOrder(session: WorkerSession, seq: number, durable: boolean): boolean {
    if (durable && session.inbox.openCount >= WINDOW)
      this.#end(`more than ${WINDOW} updates without an acknowledgement`);
    else if (session.inbox.receive(seq, durable)) return true;
    else this.#end(`update ${seq} does not follow ${session.inbox.highest}`);
    return false;
  }

  #commit(session: WorkerSession, seq: number, update: ExecutionUpdate): void {
    this.#updates.add(update).then(
      () => {
        session.inbox.commit(seq);
        this.#acknowledgeSoon(session);
      },
      (error: unknown) => {
        // The first one of a batch ends the session and is logged.
        if (this.#over) return;
        // Unknown outcome: the node's journal has it; it is told again at the next hello.
        this.#context.logger.warn('An update is not known to be committed', {
          node: session.node,
          id: update.id,
          error,
        });
        this.#end('an update is not known to be committed');
      },
    );
  }

  /** Once for all updates of a batch, whose promises settle one after the other before this one. */
  #acknowledgeSoon(session: WorkerSession): void {
    if (this.#acknowledging) return;
    this.#acknowledging = true;
    void Promise.resolve().then(() => {
      this.#acknowledging = false;
      this.#acknowledge(session);
    });
  }

  #acknowledge(session: WorkerSession): void {
    const seq = session.inbox.advance();
    if (seq !== undefined) session.send([{ type: 'ack', seq }]);
  }

  #updateOf(message: Extract<ToServer, { type: 'started' | 'finished' | 'refused' }>): ExecutionUpdate {
    const { id, attempt } = message;
    if (message.type === 'started') return { kind: 'started', id, attempt, at: message.at };
    if (message.type === 'finished') {
      const { success, cancelled, reason, exitCode, startedAt, finishedAt, output } = message.report;
      // Whoever speaks for a node that is out of reach knows no more than that.
      const away = !success && !cancelled && (reason === 'lease' || reason === 'unreachable');
      const lost = away || reason === 'restart';
      const state = success ? 'success' : cancelled ? 'cancelled' : lost ? 'lost' : 'failed';
      return {
        kind: 'finished',
        id,
        attempt,
        state,
        reason: success ? null : reason,
        exitCode,
        startedAt,
        finishedAt,
        output,
        slotHoldMs: away ? this.#context.settings.forbidHoldMs : null,
      };
    }
    const output = textOutput(`${message.reason}\n`);
    const finishedAt = this.#context.clock.wallNanos();
    const end = DIED.test(message.reason)
      ? ({ state: 'lost', reason: 'restart' } as const)
      : ({ state: 'failed', reason: 'executor' } as const);
    return {
      kind: 'finished',
      id,
      attempt,
      ...end,
      exitCode: null,
      startedAt: ZERO_TIME,
      finishedAt,
      output,
      slotHoldMs: null,
    };
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#session === undefined) return this.#channel.close(reason);
    this.#session.close(reason);
    this.#hooks.closed(this.#session);
  }
}
