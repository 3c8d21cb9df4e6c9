import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { NodeContext } from '../node-context.ts';
import { JobsService } from '../services/jobs.service.ts';
import { ClusterController } from './cluster.controller.ts';
import { ExecutionsController } from './executions.controller.ts';
import { JobExecutionsController } from './job-executions.controller.ts';
import { JobsController } from './jobs.controller.ts';
import { RunsController } from './runs.controller.ts';
import { SchedulerController } from './scheduler.controller.ts';
import { TicksController } from './ticks.controller.ts';
import { JOBS_SERVICE, NODE_CONTEXT } from './tokens.ts';

/** The REST API of one node. */
@Module({})
export class HttpModule {
  static forNode(node: NodeContext): DynamicModule {
    return {
      module: HttpModule,
      controllers: [
        JobsController,
        RunsController,
        TicksController,
        JobExecutionsController,
        ExecutionsController,
        ClusterController,
        SchedulerController,
      ],
      providers: [
        { provide: NODE_CONTEXT, useValue: node },
        { provide: JOBS_SERVICE, useClass: JobsService },
      ],
    };
  }
}
