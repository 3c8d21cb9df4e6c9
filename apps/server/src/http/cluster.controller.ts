import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { executionToJson, memberToJson } from '@dkron/jobs';
import { systemTimers } from '@dkron/runtime/system';
import type { NodeContext } from '../node-context.ts';
import { liveTails } from '../services/live-tails.ts';
import { VERSION } from '../version.ts';
import { answerJson, jsonList } from './answers.ts';
import { memberId } from './member-id.ts';
import type { Query as QueryMap } from './query.ts';
import { pretty } from './query.ts';
import { NODE_CONTEXT } from './tokens.ts';

/** Who is in the cluster and who leads it. */
@Controller()
export class ClusterController {
  readonly #node: NodeContext;

  constructor(@Inject(NODE_CONTEXT) node: NodeContext) {
    this.#node = node;
  }

  @Get('v1')
  index(@Query() query: QueryMap, @Res() reply: FastifyReply): void {
    const self = this.#node.membership.self();
    const body = {
      agent: { name: self.name, version: VERSION },
      serf: sorted(this.#node.cluster.gossip()),
      tags: sorted(self.tags),
    };
    answerJson(reply, pretty(query) ? JSON.stringify(body, undefined, 4) : JSON.stringify(body));
  }

  @Get('v1/members')
  members(@Query() query: QueryMap, @Res() reply: FastifyReply): void {
    const items = this.#node.membership
      .members()
      .map((member) => memberToJson(member, { id: memberId(member.name), pretty: pretty(query) }));
    answerJson(reply, jsonList(items, pretty(query)), { headers: { 'x-total-count': String(items.length) } });
  }

  @Get('v1/leader')
  leader(@Query() query: QueryMap, @Res() reply: FastifyReply): void {
    const leader = this.#node.cluster.leader();
    if (leader === undefined) {
      void reply.status(500).header('content-type', 'text/plain; charset=utf-8').send('null');
      return;
    }
    answerJson(reply, memberToJson(leader, { pretty: pretty(query) }));
  }

  @Get('v1/isleader')
  isLeader(@Res() reply: FastifyReply): void {
    const leads = this.#node.cluster.leads();
    answerJson(reply, leads ? '"I am a leader"' : '"I am a follower"', { status: leads ? 200 : 404 });
  }

  @Get('v1/busy')
  async busy(@Query() query: QueryMap, @Res() reply: FastifyReply): Promise<void> {
    const { store, engine, liveOutput = engine } = this.#node;
    const running = () => [...store.openExecutions()].filter((execution) => execution.state === 'running');
    const ids = running().map((execution) => execution.id);
    const tails = await liveTails(liveOutput, systemTimers, ids);
    const still = running().toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0));
    const items = still.map((execution) => {
      const output = tails.get(execution.id) ?? new Uint8Array();
      return executionToJson(execution, { output, pretty: pretty(query) });
    });
    answerJson(reply, jsonList(items, pretty(query)), { headers: { 'x-total-count': String(items.length) } });
  }
}

function sorted(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
