import type { ServiceDefinition, ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { OutputPiece, WatchedOutput } from '@dkron/contracts';
import { outputService } from '@dkron/contracts';
import type { ExecutionId } from '@dkron/jobs';
import type { Timers } from '@dkron/runtime';
import type { Engine, OutputListener } from '@dkron/scheduler';
import type { Store } from '@dkron/store';
import type { RawService } from '../grpc/bound-server.ts';
import type { UnaryCalls } from './unary-calls.ts';

interface Modules {
  readonly store: Store;
  readonly engine: Engine;
  readonly calls: UnaryCalls;
  readonly timers: Timers;
  /** Whether this server leads, or where the leader is; `''` = not known. */
  readonly leads: () => boolean;
  readonly leaderAddress: () => string;
}

/** How often is looked who leads, and after a lost stream. */
const LOOK_MS = 250;
/** A reader that is behind by so much loses its stream; it may ask again. */
const BEHIND_MAX = 1_000;

/** Live output on any server: from its engine while it leads, else from the leader. */
export class LiveOutput {
  readonly #modules: Modules;

  constructor(modules: Modules) {
    this.#modules = modules;
  }

  /** For `dkron.server.v1.OutputService`. */
  get raw(): RawService {
    const handlers: UntypedServiceImplementation = {
      watch: (call: ServerWritableStream<WatchedOutput, OutputPiece>) => this.#serve(call),
    };
    return { service: outputService as unknown as ServiceDefinition, handlers };
  }

  /** As the engine's: what is kept so far, then what is printed. Returns the way to stop. */
  watchOutput(id: ExecutionId, listener: OutputListener): () => void {
    const { timers, leads, leaderAddress } = this.#modules;
    let source = '';
    let stop = (): void => undefined;
    let cancel = (): void => undefined;
    let over = false;
    const end = (): void => {
      over = true;
      stop();
      cancel();
    };
    const finish = (): void => {
      if (over) return;
      end();
      listener.ended();
    };
    const look = (): void => {
      if (!this.#isOpen(id)) return finish();
      const wanted = leads() ? 'self' : leaderAddress();
      if (wanted !== source) {
        stop();
        source = wanted;
        stop = this.#from(source, id, { chunk: (piece) => listener.chunk(piece), ended: finish }, () => (source = ''));
      }
      cancel = timers.after(LOOK_MS, look);
    };
    look();
    return end;
  }

  /** @param lost - the stream is over, whatever the reason; the state knows whether the execution is */
  #from(source: string, id: ExecutionId, listener: OutputListener, lost: () => void): () => void {
    const { engine, calls } = this.#modules;
    if (source === '') return () => undefined;
    if (source === 'self') return engine.watchOutput(id, listener);
    const message = ({ data, ...piece }: OutputPiece): void => listener.chunk({ id, bytes: data, ...piece });
    return calls.stream(source, outputService.watch, { executionId: id }, { message, ended: lost });
  }

  #serve(call: ServerWritableStream<WatchedOutput, OutputPiece>): void {
    const { engine, leads, timers } = this.#modules;
    const { executionId: id } = call.request;
    let cancel = (): void => undefined;
    let stop = (): void => undefined;
    let over = false;
    const close = (work: () => void): void => {
      if (over) return;
      over = true;
      cancel();
      stop();
      work();
    };
    const fail = (code: status, details: string): void => close(() => call.emit('error', { code, details }));
    const look = (): void => {
      if (!leads()) return fail(status.UNAVAILABLE, 'this server does not lead');
      if (!this.#isOpen(id)) return close(() => call.end());
      cancel = timers.after(LOOK_MS, look);
    };
    call.on('cancelled', () => close(() => undefined));
    look();
    if (over) return;
    stop = engine.watchOutput(id, {
      chunk: ({ attempt, offset, bytes: data, stderr }) => {
        if (call.writableLength > BEHIND_MAX) fail(status.RESOURCE_EXHAUSTED, 'the reader is too slow');
        else if (!over) call.write({ attempt, offset, data, stderr });
      },
      ended: () => close(() => call.end()),
    });
  }

  #isOpen(id: ExecutionId): boolean {
    const state = this.#modules.store.getExecution(id)?.state;
    return state === 'pending' || state === 'running';
  }
}
