import { z } from 'zod';
import { END_REASONS, EXECUTION_STATES, LEDGER_DECISIONS, LEDGER_REASONS, TRIGGERS } from '@dkron/jobs';
import { count, int64, timeText } from './values.ts';

export const execution = z
  .strictObject({
    id: z.string().optional().meta({ description: '`<number>-<node>`, for ever the same' }),
    job_name: z.string().optional(),
    started_at: timeText.meta({ description: "The node's clock at the real start; year 1 before" }),
    finished_at: timeText.meta({ description: 'Year 1 while it runs' }),
    success: z.boolean(),
    output: z.string().optional().meta({ description: 'At most its last 256,000 bytes' }),
    node_name: z.string().optional(),
    group: int64.meta({ description: 'The run: equal for all nodes and attempts' }).optional(),
    attempt: count.meta({ description: 'From 1' }).optional(),
    output_truncated: z.boolean().optional().meta({ description: 'In lists only' }),
    state: z.enum(EXECUTION_STATES),
    trigger: z.enum(TRIGGERS),
    tick: timeText.optional().meta({ description: 'The scheduled instant' }),
    reason: z.enum(END_REASONS).optional().meta({ description: 'Of an end without success' }),
    exit_code: count.optional(),
    duration_ms: count.optional(),
  })
  .meta({ id: 'Execution', description: 'An attempt on one node. Keys without a value are left out.' });

export const tick = z
  .strictObject({
    job_name: z.string(),
    tick: timeText,
    last_tick: timeText,
    count: count.meta({ description: 'How many consecutive ticks the entry stands for' }),
    decision: z.enum(LEDGER_DECISIONS).meta({
      description:
        '`released` (`forbid_hold`): no tick, but the moment from which the job may overlap with a lost execution whose end its node never confirmed',
    }),
    reason: z.enum(['', ...LEDGER_REASONS]),
    trigger: z.enum(TRIGGERS),
    decided_at: timeText,
    group: int64.optional(),
    executions: z.array(z.string()).optional().meta({ description: 'Their ids, where something ran or was released' }),
  })
  .meta({ id: 'Tick', description: 'What became of a scheduled instant, or of a start by hand.' });

/** The answer to a run that is not waited for. */
export const started = z
  .strictObject({ job_name: z.string(), group: int64, executions: z.array(z.string()) })
  .meta({ id: 'Started', description: 'A run that was begun and is not waited for' });

export const jobChange = z
  .strictObject({ name: z.string(), change: z.enum(['put', 'delete', 'toggle', 'counters']) })
  .meta({ id: 'JobChange', description: 'A job was stored, toggled, deleted, or its counters changed' });

export const outputPiece = z
  .strictObject({ seq: count.meta({ description: 'From 0, without gaps' }), text: z.string() })
  .meta({ id: 'OutputPiece', description: 'A piece of output, in order' });
