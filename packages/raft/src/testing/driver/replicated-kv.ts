import { EntryType, type ConfState, type SnapshotMeta } from '../../core/index.ts';
import type { CommittedEntry, RestoreOrigin, StateMachine, StateSnapshot } from '../../node/state-machine.ts';
import { must } from '../check/violation.ts';
import { operationIn } from '../sim/payload.ts';
import { type Command, EMPTY_STATE, KeyValueMachine, type MachineState } from '../sim/state-machine.ts';
import type { DriverPlan } from './driver-plan.ts';
import type { DurableRecord } from './durable-record.ts';
import type { DriverWorld } from './driver-world.ts';
import type { ProcessTime } from './virtual-time.ts';

/** Pieces of a snapshot's bytes, so that streams are more than one chunk. */
const CHUNK_BYTES = 64;
const SLOW_MS = 8;

export interface ReplicatedKvModules {
  readonly world: DriverWorld;
  readonly process: ProcessTime;
  readonly record: DurableRecord;
  readonly configured: (index: number, conf: ConfState) => void;
  readonly command: (operation: number) => Command | undefined;
}

/** The key-value store of one life of a process. What the durable kind saved survives it. */
export class ReplicatedKv implements StateMachine {
  readonly #id: string;
  readonly #kind: DriverPlan['machine'];
  readonly #modules: ReplicatedKvModules;
  /** Only of state machines whose state survives crashes. */
  readonly appliedIndex?: () => Promise<number>;
  readonly checkpoint?: () => Promise<void>;
  kv: KeyValueMachine;
  saved: MachineState;

  constructor(id: string, kind: DriverPlan['machine'], saved: MachineState, modules: ReplicatedKvModules) {
    this.#id = id;
    this.#kind = kind;
    this.#modules = modules;
    this.saved = saved;
    this.kv = new KeyValueMachine(kind === 'durable' || kind === 'checkpoints' ? saved : EMPTY_STATE);
    if (kind === 'memory' || kind === 'slow') return;
    this.appliedIndex = () => Promise.resolve(this.kv.applied);
    // Everything applied survives from then on: the log may be compacted without a snapshot of the state.
    if (kind === 'checkpoints') this.checkpoint = () => this.#save();
  }

  apply(batch: readonly CommittedEntry[]): readonly unknown[] | Promise<readonly unknown[]> {
    const { world, process } = this.#modules;
    if (!process.alive) return batch.map(() => false);
    const results = world.guard(() => batch.map((entry) => this.#applyOne(entry)));
    if (this.appliedIndex !== undefined && world.diskRandom.nextInt(4) === 0) this.saved = this.kv.state();
    if (this.#kind !== 'slow' || world.diskRandom.nextInt(3) > 0) return results;
    return new Promise((resolve) => void process.after(world.diskRandom.nextInt(SLOW_MS), () => resolve(results)));
  }

  snapshot(): StateSnapshot {
    const bytes = new TextEncoder().encode(JSON.stringify(this.kv.state()));
    return {
      persist: async (writer) => {
        for (let at = 0; at < bytes.length; at += CHUNK_BYTES) await writer.write(bytes.slice(at, at + CHUNK_BYTES));
      },
      release: () => {},
    };
  }

  async restore(stream: AsyncIterable<Uint8Array>, meta: SnapshotMeta, origin: RestoreOrigin): Promise<void> {
    let text = '';
    for await (const chunk of stream) text += new TextDecoder().decode(chunk);
    const { world, process } = this.#modules;
    if (!process.alive) return;
    if (origin === 'log') {
      world.guard(() => this.#replace(meta, text));
      return;
    }
    const state = JSON.parse(text) as MachineState;
    world.guard(() => {
      must(
        state.applied <= meta.index && world.chainApplied(state.applied) === state.chain,
        'I5 state machine safety',
        () => `${this.#id} restores a state of entry ${state.applied} from snapshot ${meta.index} that nobody had`,
      );
    });
    world.mark('state restored from a snapshot');
    this.kv = new KeyValueMachine(state);
    this.saved = state;
  }

  configuration(index: number, conf: ConfState): void {
    if (this.#modules.process.alive) this.#modules.world.guard(() => this.#modules.configured(index, conf));
  }

  async #save(): Promise<void> {
    if (this.#modules.process.alive) this.saved = this.kv.state();
  }

  /** A state from outside, at its place in the sequence of all. */
  #replace({ index, term }: SnapshotMeta, text: string): void {
    const { world } = this.#modules;
    const { applied, chain } = this.kv;
    must(index > applied, 'I5 state machine safety', () => `${this.#id}: restore ${index} after ${applied}`);
    const values = JSON.parse(text) as readonly number[];
    const entry = { index, term, type: EntryType.normal, data: new TextEncoder().encode(text) };
    this.kv = new KeyValueMachine({ applied: index, chain, values });
    this.kv.extend(entry);
    this.saved = this.kv.state();
    world.applied(this.#id, entry, this.kv.chain, 0);
    world.mark('state restored through the log');
  }

  #applyOne(entry: CommittedEntry): boolean {
    const { world, record, command } = this.#modules;
    const { kv } = this;
    must(entry.index > kv.applied, 'I5 state machine safety', () => `${this.#id}: ${entry.index} after ${kv.applied}`);
    must(
      record.termAt(entry.index) === entry.term,
      'I15 nothing early',
      () => `${this.#id} applies entry ${entry.index} of term ${entry.term}, which is not durable here`,
    );
    kv.applied = entry.index;
    const whole = { ...entry, type: EntryType.normal };
    kv.extend(whole);
    const operation = operationIn(entry.data);
    world.applied(this.#id, whole, kv.chain, operation);
    const known = command(operation);
    return known !== undefined && kv.execute(known);
  }
}
