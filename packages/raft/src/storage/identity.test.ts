import { seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { SimDisk } from '../testing/sim-disk.ts';
import { IdentityFile, MemoryIdentity } from './identity.ts';
import type { IdentityStorage } from './identity.ts';

const kinds: [string, () => IdentityStorage][] = [
  [
    'IdentityFile',
    () => new IdentityFile({ path: 'raft/identity' }, { disk: new SimDisk({}, { random: seededRandom(1) }).mount() }),
  ],
  ['MemoryIdentity', () => new MemoryIdentity()],
];

for (const [name, make] of kinds) {
  describe(`${name} as IdentityStorage`, () => {
    it('keeps birth, cluster id and markers', async () => {
      const identity = make();
      expect(await identity.load()).toBeUndefined();
      await expect(identity.update({ clusterId: 'c' })).rejects.toThrow(TypeError);
      await identity.update({ birth: 'b1', markers: { pledge: 'x' } });
      await Promise.all([
        identity.update({ clusterId: 'c' }),
        identity.update({ markers: { joined: '1', pledge: '' } }),
      ]);
      expect(await identity.load()).toEqual({ birth: 'b1', clusterId: 'c', markers: { joined: '1' } });
      await expect(identity.update({ clusterId: 'd' })).rejects.toThrow('cannot become d');
      await identity.update({ clusterId: 'c' });
    });

    it('a new birth starts from nothing', async () => {
      const identity = make();
      await identity.update({ birth: 'b1', clusterId: 'c', markers: { joined: '1' } });
      expect(await identity.update({ birth: 'b2' })).toEqual({ birth: 'b2', markers: {} });
    });
  });
}

describe('IdentityFile', () => {
  it('is the old one or the new one after a crash at any call, and the new one once updated', async () => {
    const seen = new Map<string, number>();
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      const pending: (() => void)[] = [];
      let manual = false;
      const disk = new SimDisk(
        {},
        { random, completion: (_call, complete) => void (manual ? pending.push(complete) : complete()) },
      );
      await new IdentityFile({}, { disk: disk.mount() }).update({ birth: 'old' });
      manual = true;
      let done = false;
      new IdentityFile({}, { disk: disk.mount() }).update({ markers: { joined: '1' } }).then(
        () => (done = true),
        () => {},
      );
      for (let left = random.nextInt(20); left > 0; left--) {
        for (let i = 0; i < 12; i++) await Promise.resolve();
        pending.shift()?.();
      }
      for (let i = 0; i < 12; i++) await Promise.resolve();
      disk.crash();
      manual = false;
      const found = await new IdentityFile({}, { disk: disk.mount() }).load();
      expect(found?.birth, `seed ${seed}`).toBe('old');
      if (done) expect(found?.markers, `seed ${seed}`).toEqual({ joined: '1' });
      const kind = `${found?.markers['joined'] ?? 'old'}${done ? ' done' : ''}`;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
    expect([...seen.keys()].toSorted()).toEqual(['1', '1 done', 'old']);
  });

  it('a birth that a killed process left is there after a power failure, once it was read', async () => {
    const disk: SimDisk = new SimDisk(
      {},
      {
        random: seededRandom(1),
        completion: ({ call }, complete) => {
          complete();
          if (call === 'rename') disk.killProcess();
        },
      },
    );
    void new IdentityFile({}, { disk: disk.mount() }).update({ birth: 'b' });
    for (let i = 0; i < 100; i++) await Promise.resolve();
    const load = async (): Promise<string | undefined> =>
      (await new IdentityFile({}, { disk: disk.mount() }).load())?.birth;
    expect(await load()).toBe('b');
    disk.crash('lose');
    expect(await load()).toBe('b');
  });

  it('refuses a file with any damaged byte', async () => {
    const disk = new SimDisk({}, { random: seededRandom(1) });
    const identity = new IdentityFile({}, { disk: disk.mount() });
    await identity.update({ birth: 'b' });
    const bytes = disk.peek('identity');
    for (let at = 0; at < bytes.byteLength; at++) {
      disk.corrupt('identity', at, 4);
      await expect(identity.load(), `byte ${at}`).rejects.toMatchObject({ code: 'record_corrupt' });
      disk.corrupt('identity', at, 4);
      disk.poke('identity', bytes.slice(0, at));
      await expect(identity.load(), `cut at ${at}`).rejects.toMatchObject({ code: 'record_corrupt' });
      disk.poke('identity', bytes);
    }
    expect(await identity.load()).toEqual({ birth: 'b', markers: {} });
  });
});
