import { z } from 'zod';
import { count, stringMap, timeText } from './values.ts';

const memberKeys = {
  Name: z.string(),
  Addr: z.string(),
  Port: count,
  Tags: z.union([stringMap, z.null()]),
  Status: count.meta({ description: '0 none, 1 alive, 2 leaving, 3 left, 4 failed' }),
  ProtocolMin: count,
  ProtocolMax: count,
  ProtocolCur: count,
  DelegateMin: count,
  DelegateMax: count,
  DelegateCur: count,
};

export const leader = z
  .strictObject(memberKeys)
  .meta({ id: 'Leader', description: 'The member of the gossip pool that leads' });
export const member = z
  .strictObject({
    ...memberKeys,
    id: z.string(),
    statusText: z.enum(['none', 'alive', 'leaving', 'left', 'failed']),
  })
  .meta({ id: 'Member', description: 'A member of the gossip pool: alive, failed, or left' });

export const info = z
  .strictObject({
    agent: z.strictObject({ name: z.string(), version: z.string() }),
    serf: stringMap.meta({ description: 'Counters of gossip' }),
    tags: stringMap,
  })
  .meta({ id: 'Info', description: 'The server that answered, its gossip and its tags' });

export const offer = z
  .strictObject({
    name: z.string().meta({ description: 'As jobs name it' }),
    source: z.enum(['built_in', 'plugin']).meta({ description: 'Part of the nodes, or a program that they host' }),
    nodes: z.array(z.string()).meta({ description: 'Where it can be used now' }),
    unavailable: z.array(z.string()).meta({ description: 'Where it is down' }),
    config_schema: z
      .union([z.record(z.string(), z.unknown()), z.null()])
      .meta({ description: 'JSON Schema of its configuration; null = it does not tell' }),
  })
  .meta({ id: 'Offer', description: 'An executor or a processor; nodes where it differs are told apart.' });

export const paused = z.strictObject({ paused: z.boolean() }).meta({ id: 'Paused' });

export const stats = z
  .strictObject({
    stats: z.array(z.strictObject({ date: timeText, success_count: count, failed_count: count })),
  })
  .meta({ id: 'Stats', description: 'One entry per UTC day, oldest first, today last.' });

export const health = z
  .strictObject({
    leader: z.boolean(),
    status: z.enum(['healthy', 'unhealthy']),
    issues: z.array(z.string()).optional(),
  })
  .meta({ id: 'Health', description: 'Whether the server works, and leads' });

export const debugVars = z
  .looseObject({
    cmdline: z.array(z.string()).meta({ description: 'Without secrets' }),
    cron_entries: stringMap,
    memstats: z.record(z.string(), count),
    node: z.string(),
    scheduler_started: count,
  })
  .meta({ id: 'DebugVars', description: 'What a server says of its process; secrets are cut out' });

export const snapshotQuery = z.object({
  stale: z.string().optional().meta({ description: '`true`: what this server knows, whether or not any server leads' }),
});

export const restored = z
  .strictObject({
    restored: z.literal(true),
    jobs: count,
    index: count.meta({ description: 'Entry of the log from which on the cluster has this state' }),
    backup: z
      .strictObject({
        software: z.string(),
        created_at: timeText,
        node: z.string().meta({ description: 'Server that saved it' }),
        region: z.string(),
        cluster_id: z.string(),
        index: count,
        term: count,
        feature_level: count,
        members: z.array(z.strictObject({ id: z.string(), address: z.string(), voter: z.boolean() })),
      })
      .meta({ id: 'Backup', description: 'Where a backup is from' }),
  })
  .meta({ id: 'Restored' });
