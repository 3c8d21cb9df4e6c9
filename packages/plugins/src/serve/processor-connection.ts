import type { Socket } from 'node:net';
import { systemTimers } from '@dkron/runtime/system';
import { BrokerIds, decodeBrokerId, encodeBrokerId } from '../wire/broker.ts';
import { concatBytes } from '@dkron/runtime';
import type { GobTypeRegistry } from '../wire/gob/registry.ts';
import type { GobSchema, GobValue } from '../wire/gob/types.ts';
import type { PluginTimestamp } from '../wire/processor.ts';
import { EXECUTION_SCHEMA, executionToGob, processorArgsFromGob } from '../wire/processor.ts';
import { EMPTY_STRUCT } from '../wire/rpc.ts';
import type { StreamReader } from '../yamux-connection.ts';
import { YamuxConnection } from '../yamux-connection.ts';
import type { ServedProcessor, ServedRun } from './contracts.ts';
import type { PluginLife } from './plugin-life.ts';
import type { RpcMethod } from './rpc-service.ts';
import { RpcService } from './rpc-service.ts';

const ID_BYTES = 4;
const UINT: GobSchema = { kind: 'uint' };
const NOTHING: GobValue = new Map();
/** The first streams of a session, in this order; those after them begin with their number. */
const STREAMS = ['control', 'stdout', 'stderr'] as const;
const FAREWELL_MS = 50;
const NANOS_PER_SECOND = 1_000_000_000n;

/** A host's connection to a processor. */
export class ProcessorConnection {
  readonly #connection: YamuxConnection;
  readonly #processor: ServedProcessor;
  readonly #registry: GobTypeRegistry;
  readonly #life: PluginLife;
  readonly #ids = new BrokerIds();
  readonly #stop = new AbortController();
  readonly #printing: number[] = [];
  #streams = 0;

  constructor(socket: Socket, processor: ServedProcessor, registry: GobTypeRegistry, life: PluginLife) {
    this.#processor = processor;
    this.#registry = registry;
    this.#life = life;
    this.#connection = new YamuxConnection(socket, 'server', systemTimers, (streamId) => this.#accept(streamId));
    void this.#connection.closed.then(() => {
      this.#stop.abort();
      if (this.#printing.length > 0) life.printed.handTo(undefined);
      life.hostLost();
    });
    life.hostBack();
  }

  #accept(streamId: number): StreamReader {
    const kind = STREAMS[this.#streams++];
    if (kind === 'control') return this.#serve(streamId, this.#control());
    if (kind === undefined) return this.#brokered(streamId);
    this.#printing.push(streamId);
    if (kind === 'stderr') {
      const [stdout, stderr] = this.#printing as [number, number];
      this.#life.printed.handTo((bytes, isStderr) => this.#write(isStderr ? stderr : stdout, bytes));
    }
    return () => undefined;
  }

  #serve(streamId: number, methods: Readonly<Record<string, RpcMethod>>): StreamReader {
    const service = new RpcService(methods, this.#registry, (bytes) => this.#write(streamId, bytes));
    return (bytes) => this.#hear(service, bytes);
  }

  #brokered(streamId: number): StreamReader {
    let head: Uint8Array | undefined = new Uint8Array();
    const service = new RpcService(this.#plugin(), this.#registry, (bytes) => this.#write(streamId, bytes));
    return (bytes) => {
      if (head === undefined) return this.#hear(service, bytes);
      head = concatBytes([head, bytes]);
      if (head.length < ID_BYTES) return;
      this.#write(streamId, encodeBrokerId(decodeBrokerId(head.subarray(0, ID_BYTES))));
      const rest = head.subarray(ID_BYTES);
      head = undefined;
      this.#hear(service, rest);
    };
  }

  #write(streamId: number, bytes: Uint8Array): void {
    try {
      this.#connection.write(streamId, bytes);
    } catch {
      // The host hung up on this stream.
    }
  }

  #hear(service: RpcService, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    try {
      service.receive(bytes);
    } catch (error) {
      this.#connection.fail(error as Error);
    }
  }

  #control(): Readonly<Record<string, RpcMethod>> {
    const quit = (): GobValue => {
      systemTimers.after(FAREWELL_MS, () => this.#life.end());
      return NOTHING;
    };
    const dispense = (name: GobValue): GobValue => {
      if (name !== 'processor')
        throw new Error(`unknown plugin type: ${typeof name === 'string' ? name : typeof name}`);
      return BigInt(this.#ids.next());
    };
    return {
      'Control.Ping': { schema: EMPTY_STRUCT, call: () => NOTHING },
      'Control.Quit': { schema: EMPTY_STRUCT, call: quit },
      'Dispenser.Dispense': { schema: UINT, call: dispense },
    };
  }

  #plugin(): Readonly<Record<string, RpcMethod>> {
    return { 'Plugin.Process': { schema: EXECUTION_SCHEMA, call: (body) => this.#process(body) } };
  }

  async #process(body: GobValue): Promise<GobValue> {
    const { execution, config } = processorArgsFromGob(body);
    const { reporting_node: reportingNode = '', ...settings } = Object.fromEntries(config);
    const { jobName, nodeName, success, group, attempt, startedAt, finishedAt, output } = execution;
    const run: ServedRun = {
      executionId: `${nanosOf(startedAt)}-${nodeName}`,
      jobName,
      nodeName,
      reportingNode,
      success,
      startedAt: rfc3339(startedAt),
      finishedAt: rfc3339(finishedAt),
      group,
      attempt,
      output,
    };
    const logger = this.#life.logger.child({ job: jobName });
    const result = await this.#processor.process(run, settings, { signal: this.#stop.signal, logger });
    const processed = typeof result === 'string' ? Buffer.from(result) : result;
    return executionToGob({ ...execution, output: processed });
  }
}

function nanosOf(time: PluginTimestamp | undefined): bigint {
  return time ? time.seconds * NANOS_PER_SECOND + BigInt(time.nanos) : 0n;
}

function rfc3339(time: PluginTimestamp | undefined): string {
  if (!time) return '0001-01-01T00:00:00Z';
  const whole = new Date(Number(time.seconds) * 1000).toISOString().slice(0, 19);
  const fraction = String(time.nanos).padStart(9, '0').replace(/0+$/, '');
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`;
}
