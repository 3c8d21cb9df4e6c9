/** One member of ours, in a process of its own, driven over the channel to its parent. */
import { create, type GossipNode } from '@dkron/gossip';
import type { Logger } from '@dkron/runtime';
import { systemClock as clock, systemRandom as random, systemTimers as timers } from '@dkron/runtime/system';
import type { CommandName, Commands, QueryRequest, QueryResult, Reply, Request } from './protocol.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const heard: string[] = [];
const changes: string[] = [];
const faults: string[] = [];
let node: GossipNode | undefined;
let stopped: string | undefined;

const ignore = (): void => {};
const logger: Logger = {
  child: () => logger,
  debug: ignore,
  info: ignore,
  warn: (event, fields) => void faults.push(`${event} ${JSON.stringify(fields)}`),
  error: (event, fields) => void faults.push(`${event} ${JSON.stringify(fields)}`),
};

function running(): GossipNode {
  if (node === undefined) throw new Error('not started');
  return node;
}

async function query({ name, payload, nodes, tag, relayFactor, timeoutMs }: QueryRequest): Promise<QueryResult> {
  const acks: string[] = [];
  const answers: Record<string, string> = {};
  const asked = running().query(name, encoder.encode(payload), {
    ack: true,
    timeoutMs,
    ...(relayFactor !== undefined && { relayFactor }),
    filters: [
      ...(nodes === undefined ? [] : [{ kind: 'nodes' as const, nodes }]),
      ...(tag === undefined ? [] : [{ kind: 'tag' as const, tag: tag[0], expression: tag[1] }]),
    ],
  });
  for await (const reply of asked) {
    if (reply.type === 'ack') acks.push(reply.from);
    else answers[reply.from] = decoder.decode(reply.payload).trim();
  }
  return { acks: acks.toSorted(), answers };
}

const commands: { readonly [K in CommandName]: (argument: never) => unknown } = {
  start: async (options: Parameters<Commands['start']>[0]) => {
    node = create(options, { clock, random, timers, logger });
    node.on('userEvent', (event) => void heard.push(`${event.name} ${decoder.decode(event.payload)}`));
    node.on('memberChange', ({ change, member }) => void changes.push(`${change} ${member.name}`));
    node.on('query', (asked) => asked.respond(encoder.encode(`${options.name} says ${decoder.decode(asked.payload)}`)));
    node.on('stopped', ({ reason }) => {
      stopped = reason;
    });
    await node.start();
    return node.address;
  },
  join: async (addresses: readonly string[]) => (await running().join(addresses)).contacted,
  members: () => running().members(),
  setTags: (tags: Record<string, string>) => running().setTags(tags),
  userEvent: ([name, payload]: [string, string]) => running().userEvent(name, encoder.encode(payload)),
  query,
  installKey: async (key: string) => (await running().keyring.install(key)).answers,
  useKey: async (key: string) => (await running().keyring.use(key)).answers,
  removeKey: async (key: string) => (await running().keyring.remove(key)).answers,
  listKeys: async () => Object.fromEntries((await running().keyring.list()).keys),
  removeFailed: (name: string) => running().removeFailed(name),
  leave: () => running().leave(),
  stop: () => running().stop(),
  heard: () => heard,
  trouble: () => ({ changes, faults, stopped }),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

process.on('message', (request: Request) => {
  void (async () => {
    const reply: Reply = await Promise.resolve()
      .then(() => commands[request.command](request.argument as never))
      .then(
        (result) => ({ id: request.id, result }),
        (error: unknown) => ({ id: request.id, error: String(error) }),
      );
    process.send?.(reply);
  })();
});
process.on('disconnect', () => process.exit(0));
