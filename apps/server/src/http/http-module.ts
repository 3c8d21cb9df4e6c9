import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { NodeContext } from '../node-context.ts';
import { JobsService } from '../services/jobs.service.ts';
import { RestoreService } from '../services/restore.service.ts';
import { ClusterController } from './cluster.controller.ts';
import { ExecutionsController } from './executions.controller.ts';
import { JobExecutionsController } from './job-executions.controller.ts';
import { JobsController } from './jobs.controller.ts';
import { MetricsController } from './metrics.controller.ts';
import { NodeController } from './node.controller.ts';
import { RestoreController } from './restore.controller.ts';
import { RunsController } from './runs.controller.ts';
import { SchedulerController } from './scheduler.controller.ts';
import { StatsController } from './stats.controller.ts';
import { SubmissionsController } from './submissions.controller.ts';
import { TicksController } from './ticks.controller.ts';
import { JOBS_SERVICE, METRICS_REGISTRY, NODE_CONTEXT, RESTORE_SERVICE } from './tokens.ts';

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
        SubmissionsController,
        StatsController,
        RestoreController,
        NodeController,
        ...(node.metrics ? [MetricsController] : []),
      ],
      providers: [
        { provide: NODE_CONTEXT, useValue: node },
        { provide: JOBS_SERVICE, useClass: JobsService },
        { provide: METRICS_REGISTRY, useValue: node.metrics },
        { provide: RESTORE_SERVICE, useClass: RestoreService },
      ],
    };
  }
}
