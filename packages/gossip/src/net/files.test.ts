import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualTime, MemoryLogger } from '@dkron/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyringFile } from './keyring-file.ts';
import { SnapshotFile } from './snapshot-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gossip-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('SnapshotFile', () => {
  const make = (name = 'snapshot'): { file: SnapshotFile; path: string; timers: ManualTime; logger: MemoryLogger } => {
    const path = join(folder, name);
    const timers = new ManualTime();
    const logger = new MemoryLogger();
    return { file: new SnapshotFile({ path }, { timers, logger }), path, timers, logger };
  };

  it('is empty at first, and keeps what was appended', async () => {
    const { file, path } = make();
    expect(await file.load()).toBe('');
    file.append('clock: 1\n');
    file.append('alive: a 10.0.0.1:7946\n');
    await file.close();
    expect(await make().file.load()).toBe(await readFile(path, 'utf8'));
    expect(await make().file.load()).toBe('clock: 1\nalive: a 10.0.0.1:7946\n');
  });

  it('waits half a second and writes all at once', async () => {
    const { file, path, timers } = make();
    file.append('clock: 1\n');
    file.append('clock: 2\n');
    await timers.advance(499);
    await expect(stat(path)).rejects.toThrow('ENOENT');
    expect(timers.pendingCount).toBe(1);
    await timers.advance(1);
    await file.close();
    expect(await readFile(path, 'utf8')).toBe('clock: 1\nclock: 2\n');
  });

  it('replaces everything at once, and goes on behind it', async () => {
    const { file, path } = make();
    await writeFile(path, 'clock: 1\n'.repeat(100));
    await file.load();
    file.append('lost: it is before\n');
    file.replace('clock: 7\n');
    file.append('clock: 8\n');
    await file.close();
    expect(await readFile(path, 'utf8')).toBe('clock: 7\nclock: 8\n');
    expect(await readdir(folder)).toEqual(['snapshot']);
  });

  it('begins a new line after half a line of a crash', async () => {
    const { file, path } = make();
    await writeFile(path, 'clock: 1\nalive: a 10.0');
    await file.load();
    file.append('clock: 2\n');
    await file.close();
    expect(await readFile(path, 'utf8')).toBe('clock: 1\nalive: a 10.0\nclock: 2\n');
  });

  it('says once that a disk refuses, and goes on when it does no more', async () => {
    const { file, path, logger, timers } = make('missing/snapshot');
    for (let i = 0; i < 3; i++) {
      file.append(`clock: ${i}\n`);
      await timers.advance(600);
      for (let turns = 0; turns < 50; turns++) await timers.advance(0);
    }
    expect(logger.records.map(({ event }) => event)).toEqual(['gossip: snapshot was not written']);
    await mkdir(join(folder, 'missing'));
    file.replace('clock: 9\n');
    await file.close();
    expect(await readFile(path, 'utf8')).toBe('clock: 9\n');
  });

  it('holds a bounded text for a disk that stands still', async () => {
    const { file, logger, path } = make();
    for (let i = 0; i < 2000; i++) file.append(`${'#'.repeat(1023)}\n`);
    await file.close();
    expect((await stat(path)).size).toBe(1024 * 1024);
    expect(logger.records.at(-1)?.fields).toEqual({ dropped: 976 });
  });

  it('refuses a file that cannot be read', async () => {
    const { file, path } = make();
    await mkdir(path);
    await expect(file.load()).rejects.toMatchObject({ code: 'GOSSIP_SNAPSHOT' });
  });
});

describe('KeyringFile', () => {
  const keys = [new Uint8Array(16).fill(1), new Uint8Array(32).fill(2)];

  it('WriteKeyringFile: gives back what it saved, as Serf would read it, for our eyes only', async () => {
    const path = join(folder, 'keyring');
    const file = new KeyringFile({ path });
    expect(await file.load()).toBeUndefined();
    await file.save([new Uint8Array(24)]);
    await chmod(path, 0o644);
    await file.save(keys);
    expect(await file.load()).toEqual(keys);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(keys.map((key) => Buffer.from(key).toString('base64')));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each(['', '[]', '{}', '["x"]', '["AAAA"]', '[1]', 'secret'])('refuses %j without repeating it', async (text) => {
    const path = join(folder, 'keyring');
    await writeFile(path, text);
    await expect(new KeyringFile({ path }).load()).rejects.toThrow(`key ring ${path}: allowed is`);
  });
});
