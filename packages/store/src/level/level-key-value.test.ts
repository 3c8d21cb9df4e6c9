import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ClassicLevel } from 'classic-level';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { writeError } from '../errors.ts';
import { keyValueSuite } from '../suite/index.ts';
import { openLevel } from './index.ts';

const made: string[] = [];
const CAN_TRACE = spawnSync('strace', ['-qq', '-e', 'trace=fsync', 'true']).status === 0;

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'dkron-store-'));
  made.push(path);
  return path;
}

afterAll(async () => {
  await Promise.all(made.map((path) => rm(path, { recursive: true, force: true })));
});

keyValueSuite('level', { describe, it }, async () => await openLevel({ path: await directory() }));

afterEach(() => {
  vi.restoreAllMocks();
});

const OPS = [{ type: 'put', key: new Uint8Array([1]), value: new Uint8Array([2]) }] as const;

describe('a long batch', () => {
  it('lets others have their turn while it is handed over, and is there once the store is closed', async () => {
    const { batch } = ClassicLevel.prototype as { batch: () => { put(...args: Uint8Array[]): unknown } };
    let inTurn = 0;
    let most = 0;
    vi.spyOn(ClassicLevel.prototype as { batch: typeof batch }, 'batch').mockImplementation(function (this: unknown) {
      const chained = batch.call(this as never);
      const put = chained.put.bind(chained);
      chained.put = (...args) => {
        if (inTurn === 0) setImmediate(() => (inTurn = 0));
        most = Math.max(most, (inTurn += 1));
        return put(...args);
      };
      return chained;
    });
    const path = await directory();
    const kv = await openLevel({ path });
    const ops = Array.from({ length: 1000 }, (_, i) => ({ ...OPS[0], key: new Uint8Array([i >> 8, i & 255]) }));
    const written = kv.batch(ops);
    await Promise.all([kv.close(), written]);
    expect(most).toBeLessThanOrEqual(256);
    vi.restoreAllMocks();
    const again = await openLevel({ path });
    expect(again.getSync(new Uint8Array([999 >> 8, 999 & 255]))).toEqual(Buffer.from([2]));
    await again.close();
  });
});

describe('a synced batch', () => {
  it('asks LevelDB to reach the disk, and no other batch does', async () => {
    const { batch } = ClassicLevel.prototype as { batch: () => { write(options: object): Promise<void> } };
    const asked: object[] = [];
    vi.spyOn(ClassicLevel.prototype as { batch: typeof batch }, 'batch').mockImplementation(function (this: unknown) {
      const chained = batch.call(this as never);
      const write = chained.write.bind(chained);
      chained.write = (options) => (asked.push(options), write(options));
      return chained;
    });
    const kv = await openLevel({ path: await directory() });
    await kv.batch(OPS, { sync: true });
    await kv.batch(OPS, { sync: false });
    await kv.batch(OPS);
    await kv.close();
    expect(asked).toEqual([{ sync: true }, { sync: false }, { sync: false }]);
  });

  it('makes all earlier ones durable, even an empty one', async () => {
    const path = await directory();
    const lost = await directory();
    const kv = await openLevel({ path });
    await kv.batch(OPS);
    await kv.batch([], { sync: true });
    await kv.batch([{ type: 'put', key: new Uint8Array([2]), value: new Uint8Array([3]) }]);
    // A machine that stops may keep nothing of a log file that was not synced since.
    await cp(path, lost, { recursive: true });
    for (const name of await readdir(lost)) if (name.endsWith('.log')) await truncate(join(lost, name));
    await kv.close();
    const after = await openLevel({ path: lost });
    expect([...(after.getSync(new Uint8Array([1])) ?? [])]).toEqual([2]);
    expect(after.getSync(new Uint8Array([2]))).toBeUndefined();
    await after.close();
  });

  // What the system is asked for, where it can be watched; elsewhere the test above stands alone.
  it.runIf(CAN_TRACE)('costs one fdatasync or fsync each', async () => {
    const syncs = async (sync: boolean): Promise<number> => {
      const script = `const { openLevel } = await import(${JSON.stringify(new URL('index.ts', import.meta.url).href)});
        const kv = await openLevel({ path: ${JSON.stringify(await directory())} });
        const ops = [{ type: 'put', key: new Uint8Array([1]), value: new Uint8Array([2]) }];
        for (let i = 0; i < 20; i++) await kv.batch(ops, { sync: ${sync} });
        await kv.close();`;
      const node = [process.execPath, '--conditions=@dkron/source', '--input-type=module', '-e', script];
      const trace = ['-f', '-qq', '-e', 'trace=fdatasync,fsync', '--', ...node];
      const { stderr } = await promisify(execFile)('strace', trace, { cwd: import.meta.dirname });
      return stderr.match(/\b(?:fdatasync|fsync)\(/gu)?.length ?? 0;
    };
    expect((await syncs(true)) - (await syncs(false))).toBeGreaterThanOrEqual(20);
  });
});

describe('openLevel', () => {
  it('keeps what was written over close and open', async () => {
    const path = join(await directory(), 'deep', 'er');
    const first = await openLevel({ path });
    await first.batch([{ type: 'put', key: new Uint8Array([1]), value: new Uint8Array([2]) }]);
    await first.close();
    const second = await openLevel({ path });
    expect([...(second.getSync(new Uint8Array([1])) ?? [])]).toEqual([2]);
    await second.close();
  });

  it('refuses a directory that is open already, naming path and holder', async () => {
    const path = await directory();
    const holder = await openLevel({ path });
    await expect(openLevel({ path })).rejects.toMatchObject({
      code: 'store_locked',
      message: expect.stringMatching(new RegExp(`${path} is in use by process ${process.pid}`, 'u')) as string,
    });
    await holder.close();
  });

  it('refuses a directory that another process holds', async () => {
    const path = await directory();
    const script = `const { openLevel } = await import(${JSON.stringify(new URL('index.ts', import.meta.url).href)});
      await openLevel({ path: ${JSON.stringify(path)} }).then(() => console.log('opened'), (error) => console.log(error.code));`;
    const kv = await openLevel({ path });
    const args = ['--conditions=@dkron/source', '--input-type=module', '-e', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
    expect(stdout.trim()).toBe('store_locked');
    await kv.close();
  });

  it('names a full disk', () => {
    const error = writeError(new Error('IO error: /x/000003.log: No space left on device'), '/x');
    expect(error.code).toBe('disk_full');
    expect(error.message).toContain('/x');
  });
});
