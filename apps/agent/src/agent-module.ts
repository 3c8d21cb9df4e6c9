import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { AgentNode } from './agent-node.ts';
import type { AgentEvents, Ambient } from './ambient.ts';
import { JobsRunner } from './jobs-runner.ts';
import { Membership } from './membership.ts';
import type { AgentOptions } from './options.ts';
import { RpcServer } from './rpc-server.ts';
import { AGENT_EVENTS, AGENT_OPTIONS, AMBIENT } from './tokens.ts';

/** An agent from its options. */
@Module({})
export class AgentModule {
  static with(options: AgentOptions, ambient: Ambient, events: AgentEvents): DynamicModule {
    return {
      module: AgentModule,
      providers: [
        { provide: AGENT_OPTIONS, useValue: options },
        { provide: AMBIENT, useValue: ambient },
        { provide: AGENT_EVENTS, useValue: events },
        JobsRunner,
        Membership,
        RpcServer,
        AgentNode,
      ],
    };
  }
}
