import { fileURLToPath } from 'node:url';
import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { systemTimers } from '@dkron/runtime/system';
import { EventServices } from '../events/services.ts';
import type { NodeContext } from '../node-context.ts';
import { JobsService } from '../services/jobs.service.ts';
import { RestoreService } from '../services/restore.service.ts';
import { Assets } from '../ui/assets.ts';
import { ClusterController } from './cluster.controller.ts';
import { DocsController } from './docs.controller.ts';
import { EventsController } from './events.controller.ts';
import { ExecutionsController } from './executions.controller.ts';
import { JobExecutionsController } from './job-executions.controller.ts';
import { JobReads } from './job-reads.ts';
import { JobsController } from './jobs.controller.ts';
import { MetricsController } from './metrics.controller.ts';
import { NodeController } from './node.controller.ts';
import { OffersController } from './offers.controller.ts';
import { PreviewController } from './preview.controller.ts';
import { RestoreController } from './restore.controller.ts';
import { RunsController } from './runs.controller.ts';
import { SchedulerController } from './scheduler.controller.ts';
import { SnapshotController } from './snapshot.controller.ts';
import { StatsController } from './stats.controller.ts';
import { SubmissionsController } from './submissions.controller.ts';
import { TicksController } from './ticks.controller.ts';
import {
  EVENTS,
  JOB_READS,
  JOBS_SERVICE,
  METRICS_REGISTRY,
  NODE_CONTEXT,
  RESTORE_SERVICE,
  UI_ASSETS,
} from './tokens.ts';
import { UiController } from './ui.controller.ts';

/** Beside `src` and `dist` alike. */
const UI_FOLDER = fileURLToPath(new URL('../../ui', import.meta.url));

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
        PreviewController,
        EventsController,
        JobExecutionsController,
        ExecutionsController,
        ClusterController,
        SchedulerController,
        SubmissionsController,
        StatsController,
        RestoreController,
        SnapshotController,
        NodeController,
        OffersController,
        DocsController,
        ...(node.metrics ? [MetricsController] : []),
        ...(node.options.ui ? [UiController] : []),
      ],
      providers: [
        { provide: NODE_CONTEXT, useValue: node },
        {
          provide: EVENTS,
          useFactory: () =>
            new EventServices({ streamsMax: node.options.httpMaxStreams }, { store: node.store, timers: systemTimers }),
        },
        { provide: JOBS_SERVICE, useClass: JobsService },
        { provide: JOB_READS, useFactory: () => new JobReads(node) },
        { provide: METRICS_REGISTRY, useValue: node.metrics },
        { provide: UI_ASSETS, useFactory: () => new Assets(UI_FOLDER) },
        { provide: RESTORE_SERVICE, useClass: RestoreService },
      ],
    };
  }
}
