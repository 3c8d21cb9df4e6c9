import {
  confStateWith,
  type CoreOptions,
  type Message,
  type NodeId,
  type TraceEvent,
  traceLevel,
  type TraceLevel,
} from '../../core/index.ts';
import type { ScriptCommand } from './parse.ts';
import { renderEvent } from './render.ts';
import { ScriptServer } from './script-server.ts';

const LEVELS: readonly (TraceLevel | 'none')[] = ['debug', 'info', 'warn', 'error', 'none'];

/** Servers, the messages between them, and the output of the command that runs. */
export class ScriptEnvironment {
  readonly servers = new Map<NodeId, ScriptServer>();
  /** Messages not delivered yet, oldest first. */
  messages: Message[] = [];
  level: TraceLevel | 'none' = 'info';
  readonly #contents = new Map<number, string>();
  #output: string[] = [];
  #indent = 0;

  print(line: string): void {
    this.#output.push('  '.repeat(this.#indent) + line);
  }

  /** Runs `work` with its output one step to the right. */
  indented(work: () => void): void {
    this.#indent++;
    work();
    this.#indent--;
  }

  /** Output of the last command, every line ended; `ok` if there is none. */
  takeOutput(): string {
    const lines = this.#output.length === 0 ? ['ok'] : this.#output;
    this.#output = [];
    return lines.map((line) => `${line}\n`).join('');
  }

  get(id: NodeId): ScriptServer {
    const server = this.servers.get(id);
    if (server === undefined) throw new TypeError(`server ${id}: must be one of ${[...this.servers.keys()].join(' ')}`);
    return server;
  }

  /** State of all servers that have applied `index`. */
  contentAt(index: number): string {
    return this.#contents.get(index) ?? '';
  }

  setLevel(level: string): void {
    const found = LEVELS.find((one) => one === level);
    if (found === undefined) throw new TypeError(`log level ${level}: must be one of ${LEVELS.join(', ')}`);
    this.level = found;
  }

  /** Adds servers with the next numbers as ids, all with the state that the command's options describe. */
  addServers(count: number, { options }: ScriptCommand): void {
    const one = (name: string): string | undefined => options.get(name)?.[0];
    const flag = (name: string): boolean => one(name) === 'true';
    const index = Number(one('index') ?? 0);
    const confState = confStateWith(options.get('voters') ?? [], options.get('learners') ?? []);
    if (index > 0) this.#contents.set(index, one('content') ?? '');
    for (let i = 0; i < count; i++) {
      const id = String(this.servers.size + 1);
      const core: CoreOptions = {
        id,
        electionTick: 3,
        heartbeatTick: 1,
        applied: index,
        asyncStorage: flag('async-storage-writes'),
        maxSizePerMsg: Number(one('max-size-per-msg') ?? Number.MAX_SAFE_INTEGER),
        maxCommittedSizePerReady: Number(one('max-committed-size-per-ready') ?? Number.MAX_SAFE_INTEGER),
        maxUncommittedSize: 0,
        maxInflightMsgs: Number(one('inflight') ?? 1024),
        maxInflightBytes: 0,
        checkQuorum: flag('checkquorum'),
        preVote: flag('prevote'),
        readOnly: one('read-only') === 'lease-based' ? 'lease' : 'safe',
        stepDownOnRemoval: flag('step-down-on-removal'),
        disableConfChangeValidation: flag('disable-conf-change-validation'),
      };
      const term = index > 0 ? 1 : 0;
      this.servers.set(id, new ScriptServer(core, { index, term, confState }, this.#contents, this.#sink(id)));
    }
  }

  #sink(id: NodeId): (event: TraceEvent) => void {
    return (event) => {
      const level = traceLevel(event);
      if (LEVELS.indexOf(level) >= LEVELS.indexOf(this.level)) this.print(`${level} ${id} ${renderEvent(event)}`);
    };
  }
}
