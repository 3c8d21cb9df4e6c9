/* Whoever of those that stand by a plugin is killed, the plugin does not outlive its host. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { isAlive, PluginFolder } from '../../test/plugin-files.ts';
import { makeBaseFolder } from './base-folder.ts';

const canBind = ((): boolean => {
  try {
    execFileSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
if (!canBind) process.stderr.write('guards killed beside their host are not tried: no setpriv with --pdeathsig here\n');

const folder = new PluginFolder();
afterAll(() => folder.remove());

/** Who is killed besides the host; of the two that stand by. */
const CASES = {
  nobody: [],
  starter: ['starter'],
  watcher: ['watcher'],
  both: ['starter', 'watcher'],
} as const;
const names = Object.keys(CASES) as (keyof typeof CASES)[];

/** Process id and that of its parent, of all. */
function processes(): (readonly [pid: number, parent: number])[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      // The name of the program stands in brackets and may be anything.
      const stat = /^\d+$/.test(name) ? readFileSync(`/proc/${name}/stat`, 'utf8') : '';
      const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
      return parent === undefined ? [] : [[Number(name), Number(parent)] as const];
    } catch {
      return [];
    }
  });
}

function textOf(name: string): string {
  try {
    return readFileSync(join(folder.path, name), 'utf8').trim();
  } catch {
    return '';
  }
}

/** Linux tells about processes in files. */
describe.skipIf(!existsSync('/proc/self/stat'))('makeBaseFolder', () => {
  it('ends and removes what a host that is no more has left, and nothing else', async () => {
    const [left, used] = [makeBaseFolder(), makeBaseFolder()];
    const owner = join(left.path, 'host');
    const start = (base: string): ChildProcess =>
      spawn('sleep', ['1000'], { env: { ...process.env, PLUGIN_UNIX_SOCKET_DIR: `${base}/1` }, detached: true });
    const [orphan, other] = [start(left.path), start(used.path)];
    onTestFinished(() => [orphan, other].forEach((child) => child.kill('SIGKILL')));
    // Of the same number, but started at another time.
    writeFileSync(owner, readFileSync(owner, 'utf8').replace(/\d+$/, '1'));
    const ended = once(orphan, 'exit');
    makeBaseFolder().remove();
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect([existsSync(left.path), existsSync(used.path), isAlive(other.pid!)]).toEqual([false, true, true]);
    used.remove();
  });
});

describe.skipIf(!canBind)('a plugin whose host is killed together with', () => {
  it(`${names.join(', ')} ends`, { timeout: 120_000 }, async () => {
    for (const name of names) {
      const file = join(folder.path, name);
      // It does not end when it is asked to, nor watches anybody.
      folder.shell(
        `dkron-executor-${name}`,
        `trap '' TERM\necho "$$ $PPID $TMPDIR" >${file}\nwhile :; do sleep 1; done`,
      );
    }
    const program = `
      import { hostOf } from ${JSON.stringify(new URL('../../test/plugin-files.ts', import.meta.url).href)};
      await hostOf({ folders: [${JSON.stringify(folder.path)}] }).start();`;
    const host = spawn(process.execPath, ['--conditions=@dkron/source', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    onTestFinished(() => void host.kill('SIGKILL'));
    const told = (): string[][] => names.map((name) => textOf(name).split(' '));
    await expect.poll(() => told().every((words) => words.length === 3), { timeout: 60_000 }).toBe(true);
    const plugins = await vi.waitFor(
      () => {
        const all = processes();
        return names.map((name, i) => {
          const [pid, starter, directory] = told()[i]!;
          const watcher = all.find(([other, parent]) => parent === Number(starter) && other !== Number(pid));
          if (!watcher) throw new Error('nobody watches yet');
          return { name, pid: Number(pid), starter: Number(starter), watcher: watcher[0], directory: directory! };
        });
      },
      { timeout: 60_000 },
    );
    // Stopped it sees nothing of what happens to the others, as if all were killed in one moment.
    host.kill('SIGSTOP');
    for (const { name, ...guards } of plugins) for (const who of CASES[name]) process.kill(guards[who], 'SIGKILL');
    host.kill('SIGKILL');
    const left = (): string[] => plugins.flatMap(({ name, pid }) => (isAlive(pid) ? [name] : []));
    await expect.poll(left, { timeout: 60_000 }).toEqual([]);
    // Where one of the two is left, it cleans up.
    const files = (): string[] =>
      plugins.flatMap(({ name, directory }) => (name !== 'both' && existsSync(directory) ? [name] : []));
    await expect.poll(files, { timeout: 60_000 }).toEqual([]);
    // Otherwise the next host does.
    const { directory } = plugins.find(({ name }) => name === 'both')!;
    expect(existsSync(directory)).toBe(true);
    makeBaseFolder().remove();
    expect(existsSync(directory)).toBe(false);
  });
});
