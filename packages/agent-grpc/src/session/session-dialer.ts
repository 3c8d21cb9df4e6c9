import { Backoff, scatter } from '@dkron/runtime';
import type { Cancel, Counter, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import { memorySession } from '../memory/memory-session.ts';
import { DialedSession } from './dialed-session.ts';
import type { SessionOutcome } from './dialed-session.ts';
import type { AcceptSession, SessionServer, SessionTransport, SessionWorker } from './ports.ts';
import { ServerChoice } from './server-choice.ts';
import type { Target } from './server-choice.ts';
import { resolveDialerOptions } from './dialer-options.ts';
import type { SessionDialerOptions } from './dialer-options.ts';

/** Redirects in a row that are followed at once. */
const HOPS_MAX = 3;

export interface SessionDialerModules {
  readonly worker: SessionWorker;
  readonly transport: SessionTransport;
  /** Alive servers of the own region, this node's left out. */
  readonly servers: () => readonly SessionServer[];
  /** On a server: the engine of this node while it leads, whose session needs no network. */
  readonly local?: () => AcceptSession | undefined;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Keeps a worker in session with whoever leads: asks any server, follows redirects, relays through a follower when the
 * leader cannot be reached, and dials again when a session ends.
 */
export class SessionDialer {
  readonly #options: Required<SessionDialerOptions>;
  readonly #modules: SessionDialerModules;
  readonly #choice: ServerChoice;
  readonly #backoff: Backoff;
  readonly #dials: Counter;
  #running = false;
  #session: DialedSession | undefined;
  #closeLocal: (() => void) | undefined;
  #wait: Cancel | undefined;
  #hops = 0;
  #silentFailures = 0;

  /** @throws TypeError for an option out of range */
  constructor(options: SessionDialerOptions, modules: SessionDialerModules) {
    this.#options = resolveDialerOptions(options);
    this.#modules = modules;
    const { relayAfterDials, minBackoffMs, maxBackoffMs } = this.#options;
    this.#choice = new ServerChoice(modules.servers, relayAfterDials, modules.random);
    this.#backoff = new Backoff({ minMs: minBackoffMs, maxMs: maxBackoffMs }, modules);
    this.#dials = modules.metrics.counter('dkron_session_dials_total', 'Sessions dialed, by outcome');
  }

  /** Dials now, and again whenever a session ends. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#dial();
  }

  /** Members or leadership changed: a wait for the next dial ends. */
  wake(): void {
    if (this.#running && this.#wait !== undefined) this.#dial();
  }

  /** Ends the session; nothing is dialed any more. */
  stop(reason = 'the node stops'): void {
    this.#running = false;
    this.#clearWait();
    this.#session?.close(reason);
    this.#session = undefined;
    this.#closeLocal?.();
    this.#closeLocal = undefined;
  }

  #dial(): void {
    this.#clearWait();
    const accept = this.#modules.local?.();
    if (accept !== undefined) return this.#openLocal(accept);
    const target = this.#choice.target();
    if (target === undefined) return this.#later(this.#backoff.next(), 'no server is known');
    this.#session = new DialedSession(target, this.#options.dialTimeoutMs, {
      ...this.#modules,
      ended: (outcome) => this.#ended(target, outcome),
      welcomed: (term) => this.#welcomed(target, term),
    });
    this.#session.start();
  }

  #openLocal(accept: AcceptSession): void {
    const { worker, timers } = this.#modules;
    let over = false;
    const ended = (): void => {
      if (over) return;
      over = true;
      this.#closeLocal = undefined;
      if (!this.#running) return;
      const { minBackoffMs } = this.#options;
      this.#later(scatter(minBackoffMs, this.#modules.random), 'the session with this node ended');
    };
    this.#closeLocal = memorySession({ accept }, worker, timers, ended);
    if (over) this.#closeLocal = undefined;
  }

  #welcomed(target: Target, term: bigint): void {
    this.#dials.add(1, { outcome: 'welcomed' });
    this.#backoff.reset();
    this.#hops = 0;
    this.#silentFailures = 0;
    this.#choice.welcomed(target, term);
    const { server, relay } = target;
    this.#modules.logger.info('session: welcomed', { server: server.name, address: server.address, relay });
  }

  #ended({ server, relay }: Target, outcome: SessionOutcome): void {
    this.#session = undefined;
    this.#dials.add(1, { outcome: outcome.kind });
    if (!this.#running) return;
    switch (outcome.kind) {
      case 'redirected':
        if (this.#choice.redirected(server.name, outcome) && this.#hops++ < HOPS_MAX) return this.#dial();
        this.#hops = 0;
        this.#choice.forget();
        return this.#later(this.#backoff.next(), 'the servers do not agree on a leader');
      case 'noLeader':
        if (relay) this.#choice.relayFailed();
        else this.#choice.forget();
        return this.#later(scatter(Math.min(outcome.retryMs, this.#options.maxBackoffMs), this.#modules.random), '');
      case 'unreachable':
        this.#choice.failed(server.name);
        return this.#failed(outcome.reason, server);
      case 'refused':
        this.#choice.forget();
        return this.#failed(outcome.reason, server);
      case 'broken':
        return this.#failed(outcome.reason, server);
      case 'lost':
        return this.#later(this.#backoff.next(), outcome.reason);
    }
  }

  /** The first failures in a row are told, then every tenth. */
  #failed(reason: string, { name, address }: SessionServer): void {
    if (this.#silentFailures++ % 10 === 0) {
      this.#modules.logger.warn('session: cannot be opened', { server: name, address, reason });
    }
    this.#later(this.#backoff.next(), reason);
  }

  #later(delayMs: number, reason: string): void {
    this.#clearWait();
    this.#modules.logger.debug('session: dialing later', { delay_ms: Math.round(delayMs), reason });
    this.#wait = this.#modules.timers.after(delayMs, () => this.#dial());
  }

  #clearWait(): void {
    this.#wait?.();
    this.#wait = undefined;
  }
}
