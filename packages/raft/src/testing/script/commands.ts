import {
  type ConfChange,
  createMessage,
  describeProgress,
  type NodeId,
  parseConfChange,
  type StepResult,
} from '../../core/index.ts';
import { deliver, processLane, processReady, stabilize } from './delivery.ts';
import type { ScriptEnvironment } from './environment.ts';
import type { ScriptCommand } from './parse.ts';
import { renderConfState, renderEntry, renderHardState } from './render.ts';
import type { ScriptServer } from './script-server.ts';

type Handler = (env: ScriptEnvironment, command: ScriptCommand) => void;

function target(env: ScriptEnvironment, command: ScriptCommand): ScriptServer {
  return env.get(command.words[0] ?? '');
}

function option(command: ScriptCommand, name: string): string | undefined {
  return command.options.get(name)?.[0];
}

function report(env: ScriptEnvironment, result: StepResult): void {
  if (result !== 'ok') env.print(`=> ${result}`);
}

/** The servers named, or all; in id order if all. */
function chosen(env: ScriptEnvironment, command: ScriptCommand): ScriptServer[] {
  return command.words.length > 0 ? command.words.map((id) => env.get(id)) : [...env.servers.values()];
}

function proposeConfChange(env: ScriptEnvironment, command: ScriptCommand): void {
  const steps = parseConfChange(command.input.join(' '));
  const transition = option(command, 'transition') ?? 'auto';
  if (transition !== 'auto' && transition !== 'implicit' && transition !== 'explicit') {
    throw new TypeError(`transition ${transition}: must be auto, implicit or explicit`);
  }
  const version = option(command, 'v1') === 'true' ? 1 : 2;
  const change: ConfChange = { version, transition, steps, context: new Uint8Array(0) };
  report(env, target(env, command).core.proposeConfChange(change));
}

function deliverMessages(env: ScriptEnvironment, command: ScriptCommand): void {
  const type = option(command, 'type');
  let any = false;
  for (const id of command.words) any = deliver(env, id, type, false) || any;
  for (const id of command.options.get('drop') ?? []) any = deliver(env, id, type, true) || any;
  if (!any) env.print('no messages');
}

function runStabilize(env: ScriptEnvironment, command: ScriptCommand): void {
  const before = env.level;
  const level = option(command, 'log-level');
  if (level !== undefined) env.setLevel(level);
  stabilize(env, chosen(env, command));
  env.level = before;
}

function raftLog(env: ScriptEnvironment, command: ScriptCommand): void {
  const { storage, core } = target(env, command);
  const first = storage.firstIndex();
  const last = storage.lastIndex();
  env.print(`first=${first} last=${last} applied="${env.contentAt(core.basicStatus().applied)}"`);
  if (last < first) return;
  const entries = storage.entries(first, last + 1, Number.MAX_SAFE_INTEGER);
  if (entries !== 'compacted') for (const entry of entries) env.print(renderEntry(entry));
}

function raftState(env: ScriptEnvironment): void {
  for (const { core } of env.servers.values()) {
    const { role, term, vote, commit, lead, isLearner } = core.basicStatus();
    const state = renderHardState({ term, vote, commit });
    env.print(`${core.id}: ${role}${isLearner ? ' learner' : ''} ${state} lead=${lead === '' ? '-' : lead}`);
  }
}

function status(env: ScriptEnvironment, command: ScriptCommand): void {
  const { core } = target(env, command);
  const { peers, confState } = core.status();
  env.print(renderConfState(confState));
  for (const peer of peers) env.print(`${peer.id}: ${describeProgress(peer)}`);
}

function tick(env: ScriptEnvironment, command: ScriptCommand, count: number): void {
  const { core } = target(env, command);
  for (let i = 0; i < count; i++) core.tick();
}

function sendSnapshot(env: ScriptEnvironment, command: ScriptCommand): void {
  const [from = '', to = ''] = command.words;
  const { core, storage } = env.get(from);
  const snapshot = storage.snapshot();
  const message = createMessage({ type: 'Snap', from, to, term: core.basicStatus().term, snapshot });
  env.messages.push(message);
}

function transfer(env: ScriptEnvironment, command: ScriptCommand): void {
  const from: NodeId = option(command, 'from') ?? '';
  env.get(from).core.transferLeader(option(command, 'to') ?? '');
}

/** What a script can say. The first word after the command is the server, unless said otherwise. */
const COMMANDS: Readonly<Record<string, Handler>> = {
  'add-nodes': (env, command) => env.addServers(Number(command.words[0]), command),
  campaign: (env, command) => target(env, command).core.campaign(),
  propose: (env, command) => {
    const texts = command.words.slice(1).map((text) => new TextEncoder().encode(text));
    report(env, target(env, command).core.propose(texts));
  },
  'propose-conf-change': proposeConfChange,
  'read-index': (env, command) => target(env, command).core.readIndex(new TextEncoder().encode(command.words[1] ?? '')),
  'deliver-msgs': deliverMessages,
  'process-ready': (env, command) => {
    for (const server of chosen(env, command)) processReady(env, server);
  },
  'process-append-thread': (env, command) => {
    for (const server of chosen(env, command)) processLane(env, server, 'append');
  },
  'process-apply-thread': (env, command) => {
    for (const server of chosen(env, command)) processLane(env, server, 'apply');
  },
  stabilize: runStabilize,
  'tick-election': (env, command) => tick(env, command, 3),
  'tick-heartbeat': (env, command) => tick(env, command, 1),
  'set-randomized-election-timeout': (env, command) => {
    target(env, command).core.setRandomizedElectionTimeout(Number(option(command, 'timeout')));
  },
  'transfer-leadership': transfer,
  'forget-leader': (env, command) => target(env, command).core.forgetLeader(),
  'report-unreachable': (env, command) => target(env, command).core.reportUnreachable(command.words[1] ?? ''),
  'report-snapshot': (env, command) => {
    target(env, command).core.reportSnapshot(command.words[1] ?? '', option(command, 'ok') === 'true');
  },
  'send-snapshot': sendSnapshot,
  compact: (env, command) => {
    target(env, command).storage.compact(Number(command.words[1]));
    raftLog(env, command);
  },
  'raft-log': raftLog,
  'raft-state': (env) => raftState(env),
  status,
  'log-level': (env, command) => env.setLevel(command.words[0] ?? ''),
};

/** Runs one command; what it says is in the environment's output. */
export function runCommand(env: ScriptEnvironment, command: ScriptCommand): void {
  const handler = COMMANDS[command.name];
  if (handler === undefined) throw new TypeError(`line ${command.line}: unknown command ${command.name}`);
  handler(env, command);
}
