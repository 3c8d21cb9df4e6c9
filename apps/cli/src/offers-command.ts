import type { Offer, Page } from '@dkron/client';
import type { ApiCall } from './api.ts';
import { API_FLAGS, apiCommand } from './api.ts';
import type { Command } from './command/command.ts';
import { CommandError } from './errors.ts';
import { table } from './table.ts';

interface Kind {
  readonly name: 'executor' | 'processor';
  readonly does: string;
  readonly route: 'GET /v1/executors' | 'GET /v1/processors';
  readonly list: (call: ApiCall) => Promise<Page<Offer>>;
}

/** `dkron executor …` */
export const EXECUTOR: Command = offersCommand({
  name: 'executor',
  does: 'runs jobs',
  route: 'GET /v1/executors',
  list: ({ client }) => client.listExecutors(),
});

/** `dkron processor …` */
export const PROCESSOR: Command = offersCommand({
  name: 'processor',
  does: 'passes on the output of jobs',
  route: 'GET /v1/processors',
  list: ({ client }) => client.listProcessors(),
});

function offersCommand(kind: Kind): Command {
  return {
    name: kind.name,
    summary: `Show what ${kind.does}`,
    words: [],
    sharedFlags: API_FLAGS,
    children: [list(kind), keys(kind)],
  };
}

function list({ name, does, route, list: ask }: Kind): Command {
  const command = { name: 'list', summary: `What ${does}, and on which nodes` };
  return apiCommand(command, async (call) => {
    const { client, io, json, printBody } = call;
    if (json) return printBody(client.request(route, {}));
    const { items } = await ask(call);
    const rows = items.map((one) => [one.name, one.source, nodesCell(one.nodes), nodesCell(one.unavailable)]);
    io.out(table([name.toUpperCase(), 'SOURCE', 'NODES', 'DOWN ON'], rows));
  });
}

function keys({ name, list: ask }: Kind): Command {
  const command = { name: 'keys', summary: `What the configuration of one ${name} may hold`, words: ['<name>'] };
  return apiCommand(command, async (call) => {
    const { io, json, args } = call;
    const [wanted = ''] = args;
    const { items } = await ask(call);
    const found = items.filter((one) => one.name === wanted);
    if (found.length === 0) {
      const names = [...new Set(items.map((one) => one.name))].join(', ');
      throw new CommandError(`no node has ${name} ${JSON.stringify(wanted)}; there are ${names}`);
    }
    const schema = (found.find((one) => one.config_schema !== null)?.config_schema ?? {}) as ConfigSchema;
    if (json) return io.out(`${JSON.stringify(schema)}\n`);
    if (schema.properties === undefined) throw new CommandError(`${name} ${wanted} does not tell what it takes`);
    const rows = Object.entries(schema.properties).map(([key, { description = '' }]) => [
      key,
      schema.required?.includes(key) === true ? 'yes' : 'no',
      description,
    ]);
    io.out(table(['KEY', 'REQUIRED', 'MEANING'], rows));
  });
}

interface ConfigSchema {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
  readonly required?: readonly string[];
}

const NODES_SHOWN = 5;

function nodesCell(nodes: readonly string[]): string {
  if (nodes.length === 0) return '-';
  const more = nodes.length - NODES_SHOWN;
  return more > 0 ? `${nodes.slice(0, NODES_SHOWN).join(',')},… (${nodes.length})` : nodes.join(',');
}
