import { deepStrictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Peer } from './peer.ts';
import type { Pool } from './pool.ts';

/** One thing shown of a pool; the text is worth a line of the report. */
export interface Check {
  readonly name: string;
  readonly run: (pool: Pool) => Promise<string | void>;
}

/** News may pass one by, once in fifty times in so small a pool; exchanges of tables, every 30 s, bring them then. */
const SOON_MS = 40_000;
/** A query that passed one by comes never: it is asked again. */
const TRIES = 4;
const PAUSE_MS = 3000;
/** Detection by probes in turn, then the longest suspicion, in a small pool: 11 + 24 s with `lan`, 11 + 18 s with `local`. */
const FAILED_MS = { lan: 35_000, local: 29_000 };
/** Longer than the dead are gossiped to in `local`, after which another address may have the name. */
const FORGOTTEN_MS = 60_000;
const NEW_KEY = Buffer.alloc(32, 0x42).toString('base64');
const THIRD_KEY = Buffer.alloc(16, 0x43).toString('base64');

/** With the other tags and the name of the kind, this makes 512 bytes. */
const LONGEST_TAG = 512 - 2 - 5 - 1 - 10 - 7 - 3;

const ms = (tookMs: number): string => `${Math.round(tookMs)} ms`;
const names = (pool: Pool): string[] => pool.peers.map(({ name }) => name).toSorted();

/** What both kinds do by gossip alone may miss somebody; doing it again does no harm. */
async function insist(attempt: () => Promise<void>): Promise<void> {
  for (let left = TRIES; ; left--) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (left <= 1) throw error;
    }
  }
}

const says = (pool: Pool, word: string): Record<string, string> =>
  Object.fromEntries(names(pool).map((name) => [name, `${name} says ${word}`]));

const forming: Check = {
  name: 'all see all alive, with the same addresses and tags',
  run: async (pool) => {
    await pool.populate();
    return ms(await pool.allAgree(SOON_MS));
  },
};

const tags: Check = {
  name: 'a change of tags is seen by all, from both kinds',
  run: async (pool) => {
    const times: number[] = [];
    for (const peer of [pool.ours[0]!, pool.serfs[0]!]) {
      const value = `by ${peer.name}`;
      await peer.setTags({ kind: peer.kind, role: 'test', colour: value });
      times.push(await pool.everybodySees(peer.name, (member) => member?.tags['colour'] === value, SOON_MS));
      // As long as they may be: 512 bytes encoded.
      const long = 'x'.repeat(LONGEST_TAG - peer.kind.length);
      await peer.setTags({ kind: peer.kind, role: 'test', colour: long });
      await pool.everybodySees(peer.name, (member) => member?.tags['colour'] === long, SOON_MS);
    }
    await pool.allAgree(SOON_MS);
    return times.map(ms).join(', ');
  },
};

const events: Check = {
  name: 'a user event reaches all once, from both kinds',
  run: async (pool) => {
    for (const peer of [pool.ours[1]!, pool.serfs[1]!]) {
      const line = `deploy of-${peer.name}`;
      await peer.userEvent('deploy', `of-${peer.name}`);
      await pool.until(line, SOON_MS, async () => {
        const heard = await Promise.all(pool.peers.map((other) => other.heard()));
        const missing = pool.peers.filter((_other, i) => !heard[i]!.includes(line));
        return missing.length === 0 ? undefined : `not heard by ${missing.map(({ name }) => name).join(', ')}`;
      });
    }
    await pause(1000);
    for (const peer of pool.peers) {
      const heard = (await peer.heard()).filter((line) => line.startsWith('deploy '));
      deepStrictEqual(heard, ['deploy of-our-2', 'deploy of-serf-2'], `${peer.name} heard ${heard.join('; ')}`);
    }
  },
};

const queries: Check = {
  name: 'queries: all acknowledge and answer, filters and relays work, from both kinds',
  run: async (pool) => {
    const [asker, serf] = [pool.ours[0]!, pool.serfs[0]!];
    const of = (kind: string): string[] => names(pool).filter((name) => name.startsWith(kind));
    await insist(async () => {
      const all = await asker.ask('query', { name: 'who', payload: 'x', timeoutMs: 1000 });
      deepStrictEqual(all, { acks: names(pool), answers: says(pool, 'x') });
    });
    const nodes = ['our-2', 'serf-2'];
    await insist(async () => {
      const some = await asker.ask('query', { name: 'who', payload: 'y', nodes, relayFactor: 2, timeoutMs: 1000 });
      deepStrictEqual(some.acks, nodes);
    });
    await insist(async () => {
      const some = await asker.ask('query', { name: 'who', payload: 'z', tag: ['kind', '^se.f$'], timeoutMs: 1000 });
      deepStrictEqual(some.acks, of('serf'));
    });
    await insist(async () =>
      deepStrictEqual(await askBySerf(serf, 'x'), { acks: names(pool), answers: says(pool, 'x') }),
    );
    await insist(async () => {
      const some = await askBySerf(serf, 'y', '-tag=kind=^ou', '-relay-factor=2');
      deepStrictEqual(some.acks, of('our'));
    });
    await insist(async () => {
      const reachability = await serf.serf('reachability');
      if (!reachability.includes('Successfully contacted all live nodes')) throw new Error(reachability);
    });
  },
};

async function askBySerf(
  serf: Pool['serfs'][number],
  payload: string,
  ...args: readonly string[]
): Promise<{ acks: string[]; answers: Record<string, string> }> {
  const answer = JSON.parse(await serf.serf('query', '-format=json', '-timeout=1s', ...args, 'who', payload)) as {
    Acks: string[];
    Responses: Record<string, string>;
  };
  const answers = Object.entries(answer.Responses ?? {}).map(([name, text]) => [name, text.trim()] as const);
  return {
    acks: answer.Acks.toSorted(),
    answers: Object.fromEntries(answers.toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

const keys: Check = {
  name: 'keys are rotated, once by ours and once by Serf',
  run: async (pool) => {
    const { key } = pool;
    const [ours, serf] = [pool.ours[0]!, pool.serfs[0]!];
    const count = pool.peers.length;
    const steps: readonly (() => Promise<unknown>)[] = [
      () => ours.ask('installKey', NEW_KEY),
      () => ours.ask('useKey', NEW_KEY),
      () => ours.ask('removeKey', key),
      async () => deepStrictEqual(await ours.ask('listKeys', undefined), { [NEW_KEY]: count }),
      () => serf.serf('keys', `-install=${THIRD_KEY}`),
      () => serf.serf('keys', `-use=${THIRD_KEY}`),
      () => serf.serf('keys', `-remove=${NEW_KEY}`),
      async () => {
        const lines = (await serf.serf('keys', '-list')).split('\n').filter((line) => line.includes('['));
        deepStrictEqual(
          lines.map((line) => line.replace(/\s+/, ' ')),
          [`${THIRD_KEY} [${count}/${count}]`],
        );
      },
      async () => deepStrictEqual(await ours.ask('listKeys', undefined), { [THIRD_KEY]: count }),
    ];
    for (const step of steps) await insist(async () => void (await step()));
    pool.key = THIRD_KEY;
    await pool.allAgree(SOON_MS);
  },
};

const pauses: Check = {
  name: 'a member that stands still for 3 s is not taken for failed, of both kinds',
  run: async (pool) => {
    const stopped: readonly Peer[] = [pool.ours[1]!, pool.serfs[1]!];
    const before = await failuresOf(pool);
    for (const peer of stopped) peer.signal('SIGSTOP');
    await pause(PAUSE_MS);
    for (const peer of stopped) peer.signal('SIGCONT');
    await pool.allAgree(SOON_MS);
    deepStrictEqual(await failuresOf(pool), before);
  },
};

/** Members that were said to have failed, once for each that saw it. */
async function failuresOf(pool: Pool): Promise<string[]> {
  const all = await Promise.all(
    pool.peers.map(async (peer) => (await peer.failures()).map((line) => `${peer.name}: ${line}`)),
  );
  return all.flat().filter((line) => /EventMemberFailed|: failed /.test(line));
}

const leaves: Check = {
  name: 'who leaves is seen as left, and comes back under its name on another address, of both kinds',
  run: async (pool) => {
    const times: number[] = [];
    for (const peer of [pool.ours[2]!, pool.serfs[2]!]) {
      pool.remove(peer);
      await peer.leave();
      times.push(await pool.everybodySees(peer.name, (member) => member?.status === 'left', SOON_MS));
      const again = await pool.add(peer.kind, peer.name);
      await pool.everybodySees(
        peer.name,
        (member) => member?.status === 'alive' && member.address === again.address,
        SOON_MS,
      );
    }
    await pool.allAgree(SOON_MS);
    return `left seen after ${times.map(ms).join(', ')}`;
  },
};

const kills: Check = {
  name: 'who is killed is seen as failed by both kinds within the bound of suspicion',
  run: async (pool) => {
    const times: number[] = [];
    const killed: readonly Peer[] = [pool.ours.at(-1)!, pool.serfs.at(-1)!];
    for (const peer of killed) {
      pool.remove(peer);
      peer.signal('SIGKILL');
      const withinMs = FAILED_MS[pool.options.profile];
      times.push(await pool.everybodySees(peer.name, (member) => member?.status === 'failed', withinMs));
    }
    return `${times.map(ms).join(', ')}, allowed ${FAILED_MS[pool.options.profile]} ms`;
  },
};

const oldProtocol: Check = {
  name: 'an agent that speaks the oldest protocol is seen with its role, and leaves',
  run: async (pool) => {
    const old = await pool.addOldSerf('old-1', 'veteran');
    await pool.everybodySees(
      'old-1',
      (member) => member?.status === 'alive' && member.tags['role'] === 'veteran',
      SOON_MS,
    );
    await pool.allAgree(SOON_MS);
    pool.remove(old);
    await old.leave();
    await pool.everybodySees('old-1', (member) => member?.status === 'left', SOON_MS);
  },
};

const snapshots: Check = {
  name: 'who is killed and starts again, told of nobody, finds its pool by its snapshot, of both kinds',
  run: async (pool) => {
    for (const peer of [pool.ours.at(-1)!, pool.serfs.at(-1)!]) {
      const others = names(pool).filter((name) => name !== peer.name);
      await pool.until(`snapshot of ${peer.name}`, SOON_MS, async () => {
        const kept = readFileSync(peer.snapshotPath, 'utf8');
        const missing = others.filter((name) => !kept.includes(`alive: ${name} `));
        return missing.length === 0 ? undefined : `without ${missing.join(', ')}`;
      });
      pool.remove(peer);
      peer.signal('SIGKILL');
      await peer.end();
      // From then on nobody exchanges tables with it, but for a try each 30 s: it has to find them.
      await pool.everybodySees(peer.name, (member) => member?.status === 'failed', FAILED_MS[pool.options.profile]);
      await peer.start();
      pool.readmit(peer);
      await pool.allAgree(SOON_MS);
    }
  },
};

const departures: Check = {
  name: 'who failed is taken for left when somebody says so, of either kind by the other',
  run: async (pool) => {
    const each = pool.options.each;
    for (const [peer, name] of [
      [pool.ours[0]!, `serf-${each}`],
      [pool.serfs[0]!, `our-${each}`],
    ] as const) {
      await peer.removeFailed(name);
      await pool.everybodySees(name, (member) => member?.status === 'left', SOON_MS);
    }
  },
};

const conflicts: Check = {
  name: 'the second holder of a name stops by itself, of both kinds, and nobody else minds',
  run: async (pool) => {
    const mine = await pool.addTwinOfOurs('serf-1');
    const theirs = await pool.addTwinOfSerf('our-1');
    await pool.until('end of the second holders', SOON_MS, async () => {
      const { stopped } = await mine.ask('trouble', undefined);
      if (stopped !== 'conflict') return `ours goes on (${stopped})`;
      return theirs.hasExited ? undefined : 'Serf goes on';
    });
    await pool.allAgree(SOON_MS);
  },
};

const comebacks: Check = {
  name: 'who was killed comes back under its name on another address, once it was forgotten there',
  run: async (pool) => {
    const missing = [`our-${pool.options.each}`, `serf-${pool.options.each}`];
    const startMs = performance.now();
    for (const name of missing) {
      const again = await pool.add(name.startsWith('our') ? 'ours' : 'serf', name);
      await pool.until(`return of ${name}`, FORGOTTEN_MS, async () => {
        const views = await Promise.all(pool.peers.map((peer) => peer.members()));
        const seen = views.map((members) => members.find((member) => member.name === name));
        if (seen.every((member) => member?.status === 'alive' && member.address === again.address)) return undefined;
        await again.join(pool.serfs[0]!.address).catch(() => {});
        await again.join(pool.ours[0]!.address).catch(() => {});
        return seen.map((member) => `${member?.status} ${member?.address}`).join(', ');
      });
    }
    await pool.allAgree(SOON_MS);
    return ms(performance.now() - startMs);
  },
};

const restarts: Check = {
  name: 'one of ours that is killed and starts at once on another address waits for its name, and gets it',
  run: async (pool) => {
    const killed = pool.ours[0]!;
    pool.remove(killed);
    killed.signal('SIGKILL');
    const again = await pool.add('ours', killed.name);
    const tookMs = await pool.everybodySees(
      killed.name,
      (member) => member?.status === 'alive' && member.address === again.address,
      FORGOTTEN_MS,
    );
    await pool.allAgree(SOON_MS);
    return ms(tookMs);
  },
};

/** Everybody stays alive for everybody, and nothing is refused. */
export function calm(seconds: number): Check {
  return {
    name: `calm for ${seconds} s: nobody is suspected to have failed, nothing is refused`,
    run: async (pool) => {
      await pool.allAgree(SOON_MS);
      const before = await Promise.all(pool.peers.map(async (peer) => (await peer.failures()).length));
      const cpu = await Promise.all(pool.peers.map((peer) => peer.cpuMs()));
      const endMs = performance.now() + seconds * 1000;
      while (performance.now() < endMs) {
        await pause(Math.min(5000, Math.max(0, endMs - performance.now())));
        await pool.allAgree(0);
      }
      const used = await Promise.all(pool.peers.map(async (peer, i) => (await peer.cpuMs()) - cpu[i]!));
      for (const [i, peer] of pool.peers.entries()) {
        const news = (await peer.failures()).slice(before[i]);
        deepStrictEqual(news, [], `${peer.name}: ${news.join('\n')}`);
      }
      const share = (kind: Peer['kind']): string => {
        const all = pool.peers.flatMap((peer, i) => (peer.kind === kind ? [used[i]!] : []));
        return ((all.reduce((sum, one) => sum + one, 0) / all.length / seconds / 1000) * 100).toFixed(2);
      };
      return `processor time of one, with this watching: ours ${share('ours')} %, Serf ${share('serf')} %`;
    },
  };
}

/** All that both kinds can do. */
export function checksOf(pool: Pool, calmSeconds: number): readonly Check[] {
  if (pool.options.ipv6 === true) return [forming, tags, kills, departures];
  if (pool.options.profile === 'local') return [forming, oldProtocol, snapshots, kills, comebacks, restarts];
  const sealed = pool.options.key === undefined ? [] : [keys];
  return [forming, tags, events, queries, ...sealed, leaves, pauses, conflicts, calm(calmSeconds), kills, departures];
}
