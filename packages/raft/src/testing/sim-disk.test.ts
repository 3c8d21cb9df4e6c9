import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { DiskLatency } from './disk-latency.ts';
import { SimDisk } from './sim-disk.ts';

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

describe('SimDisk', () => {
  it('keeps what was synced and nothing else when all the rest is lost', async () => {
    const disk = new SimDisk({}, { random: seededRandom(1) });
    const mount = disk.mount();
    await mount.makeDir('d');
    await mount.syncDir('');
    const kept = await mount.open('d/kept', { create: true });
    await kept.write(bytes(10, 1), 0);
    await kept.sync();
    await mount.syncDir('d');
    await kept.write(bytes(10, 2), 5);
    const unnamed = await mount.open('d/unnamed', { create: true });
    await unnamed.write(bytes(10, 3), 0);
    await unnamed.sync();
    await mount.rename('d/kept', 'd/renamed');
    disk.crash('lose');
    expect(await disk.mount().list('d')).toEqual(['kept']);
    expect(disk.peek('d/kept')).toEqual(bytes(10, 1));
  });

  it('tears at sectors, and no sector forgets an older write to keep a newer one', async () => {
    const kinds = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const disk = new SimDisk({}, { random: seededRandom(seed) });
      const mount = disk.mount();
      const file = await mount.open('f', { create: true });
      await file.write(bytes(1024, 0), 0);
      await file.sync();
      await mount.syncDir('');
      await file.write(bytes(600, 1), 0);
      await file.write(bytes(600, 2), 400);
      disk.crash('tear');
      const found = disk.peek('f');
      const first = `${found[0]}${found[399]}${found[450]}`;
      expect(['000', '111', '112'], `seed ${seed}`).toContain(first);
      const second = `${found[512]}${found[599]}${found[600]}${found[999]}${found[1000]}`;
      expect(['00000', '11000', '22220'], `seed ${seed}`).toContain(second);
      kinds.add(`${first} ${second}`);
    }
    expect(kinds.size).toBe(9);
  });

  it('writeDurable makes its own sectors durable, with what earlier writes put there, and nothing else', async () => {
    const disk = new SimDisk({ durableWrites: true }, { random: seededRandom(1) });
    const mount = disk.mount();
    const file = await mount.open('f', { create: true });
    await file.write(bytes(2048, 0), 0);
    await file.sync();
    await mount.syncDir('');
    await file.write(bytes(700, 1), 0);
    await file.writeDurable!(bytes(100, 2), 700);
    await file.write(bytes(600, 3), 790);
    expect([0, 699, 700, 790, 1389].map((at) => disk.peek('f')[at])).toEqual([1, 1, 2, 3, 3]);
    disk.crash('lose');
    // 0 to 511 were never synced; 512 to 699 share a sector with the durable write; the last write came after it.
    const at = [0, 511, 512, 699, 700, 799, 800, 1389];
    expect(at.map((offset) => disk.peek('f')[offset])).toEqual([0, 0, 1, 1, 2, 2, 0, 0]);
  });

  it('writeDurable is lost or torn like any write until it is done', async () => {
    let hold = false;
    const kinds = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      hold = false;
      const completion = (_call: unknown, complete: () => void): void => {
        if (!hold) complete();
      };
      const disk = new SimDisk({ durableWrites: true }, { random: seededRandom(seed), completion });
      const file = await disk.mount().open('f', { create: true });
      await file.write(bytes(1024, 0), 0);
      await file.sync();
      await disk.mount().syncDir('');
      hold = true;
      void file.writeDurable!(bytes(1024, 1), 0);
      disk.crash('tear');
      const found = disk.peek('f');
      kinds.add(found[0]! * 2 + found[600]!);
    }
    expect(kinds.size).toBe(4);
  });

  it('a process that was killed does nothing more; what it wrote is still to be seen', async () => {
    const disk = new SimDisk({}, { random: seededRandom(1) });
    const old = disk.mount();
    const file = await old.open('f', { create: true });
    await file.write(bytes(3, 1), 0);
    disk.killProcess();
    let settled = false;
    const mark = (): void => void (settled = true);
    file.write(bytes(3, 2), 0).then(mark, mark);
    old.remove('f').then(mark, mark);
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(settled).toBe(false);
    expect(disk.peek('f')).toEqual(bytes(3, 1));
    disk.crash('lose');
    expect(await disk.mount().list('')).toEqual([]);
  });

  it('fails calls as told, fills up, and forgets on a failed sync what the process still sees', async () => {
    const disk = new SimDisk({ capacityBytes: 100 }, { random: seededRandom(3) });
    const mount = disk.mount();
    const file = await mount.open('f', { create: true });
    await mount.syncDir('');
    await file.write(bytes(80, 1), 0);
    await expect(file.write(bytes(80, 2), 80)).rejects.toMatchObject({ code: 'ENOSPC' });
    await file.write(bytes(80, 3), 0);
    expect(await mount.freeBytes('')).toBe(20);
    disk.inject({ call: 'write', after: 1, code: 'EDQUOT' });
    await file.write(bytes(1, 4), 0);
    await expect(file.write(bytes(1, 4), 0)).rejects.toMatchObject({ code: 'EDQUOT' });
    disk.inject({ call: 'read', flipMask: 1 });
    expect(await file.read(1, 3)).not.toEqual(bytes(3, 3));
    expect(await file.read(1, 3)).toEqual(bytes(3, 3));
    await expect(mount.open('g')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(mount.open('f', { create: true })).rejects.toMatchObject({ code: 'EEXIST' });
    let lost = 0;
    for (let seed = 0; seed < 20; seed++) {
      const copy = disk.clone({ random: seededRandom(seed) });
      const same = await copy.mount().open('f');
      copy.inject({ call: 'sync' });
      await expect(same.sync()).rejects.toMatchObject({ code: 'EIO' });
      await same.sync();
      expect(await same.read(1, 1)).toEqual(bytes(1, 3));
      copy.crash('lose');
      if (copy.peek('f')[1] !== 3) lost += 1;
    }
    expect(lost).toBeGreaterThan(0);
  });

  it('takes its time, hangs and comes back', async () => {
    const time = new ManualTime();
    const latency = new DiskLatency({ syncMs: 10, callMs: 1 }, { timers: time, random: seededRandom(1) });
    const disk = new SimDisk({}, { random: seededRandom(1), completion: latency.completion });
    let named = false;
    const mark = (): void => void (named = true);
    disk.mount().syncDir('').then(mark, mark);
    await time.advance(4);
    expect(named).toBe(false);
    latency.hang();
    await time.advance(1000);
    expect(named).toBe(false);
    latency.resume();
    await Promise.resolve();
    await Promise.resolve();
    expect(named).toBe(true);
  });
});
