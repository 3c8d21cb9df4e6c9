/** Our gossip and Debian's Serf in one pool: everything that both can do, seen by both. See README. */
import { parseArgs } from 'node:util';
import { messageOf } from '@dkron/runtime';
import { checksOf } from './checks.ts';
import { Pool, type PoolOptions } from './pool.ts';
import { hasSerf, installSerf } from './serf-peer.ts';

const { values } = parseArgs({
  options: {
    'calm-seconds': { type: 'string', default: '10' },
    install: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const calmSeconds = Number(values['calm-seconds']);
/** What a check answers that cannot be made on this machine. */
const NOT_RUN = 77;
/** Runs beside each other shall not meet. */
const NET = 20 + (process.pid % 70) * 3;
const POOLS: Readonly<Record<string, PoolOptions>> = {
  plain: { net: NET, profile: 'lan', each: 3 },
  sealed: { net: NET + 1, profile: 'lan', each: 3, key: Buffer.alloc(16, 0x41).toString('base64') },
  ipv6: { net: NET + 2, profile: 'lan', each: 2, ipv6: true },
  // Its dead are forgotten soonest.
  local: { net: NET + 2, profile: 'local', each: 2 },
};

if (!hasSerf() && !(values.install && installSerf())) {
  process.stdout.write("gossip-interop: NOT RUN, Debian's `serf` is not here (apt-get install serf)\n");
  process.exitCode = NOT_RUN;
} else {
  const names = values.only === undefined ? Object.keys(POOLS) : [values.only];
  const results = await Promise.all(names.map((name) => judge(name, POOLS[name]!)));
  const failed = results.reduce((sum, count) => sum + count, 0);
  process.stdout.write(`gossip-interop: ${failed === 0 ? 'all passed' : `${failed} failed`}\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** Runs all checks on one pool; how many failed. What follows a failure is not run: it would say nothing. */
async function judge(name: string, options: PoolOptions): Promise<number> {
  const pool = new Pool(options);
  try {
    for (const check of checksOf(pool, calmSeconds)) {
      const startMs = performance.now();
      try {
        const detail = await check.run(pool);
        say(name, 'pass', check.name, startMs, detail ?? undefined);
      } catch (error) {
        say(name, 'FAIL', check.name, startMs, messageOf(error));
        process.stdout.write(`${pool.logs().slice(-20_000)}\n`);
        return 1;
      }
    }
    return 0;
  } finally {
    await pool.end();
  }
}

function say(pool: string, verdict: string, check: string, startMs: number, detail: string | undefined): void {
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  process.stdout.write(`${verdict}  ${pool}: ${check} (${seconds} s)${detail === undefined ? '' : ` ${detail}`}\n`);
}
