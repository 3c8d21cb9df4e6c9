import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from '@dkron/harness';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { newFolder, removeFolders, type Ended } from './replay/in-process.ts';

const MAIN = fileURLToPath(new URL('../bundle/main.js', import.meta.url));
const started: ServerProcess[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.kill()));
});
afterAll(removeFolders);

async function execute(
  program: string,
  args: readonly string[],
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  const child = spawn(program, args, { env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(input);
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve(status ?? 128));
  });
  return { code, stdout, stderr };
}

const dkron = (args: readonly string[], more: { input?: string; env?: Record<string, string> } = {}): Promise<Ended> =>
  execute(process.execPath, [MAIN, ...args], more);

async function server(): Promise<{ server: ServerProcess; env: Record<string, string> }> {
  const process = await ServerProcess.start({ dataDir: join(newFolder(), 'data') });
  started.push(process);
  return { server: process, env: { DKRON_API_URL: process.url } };
}

describe('the program as a process', () => {
  it('version, keys and mistakes, with their outputs and exit codes', async () => {
    const [version, key, mistake] = await Promise.all([
      dkron(['version']),
      dkron(['keygen', '--raw']),
      dkron(['agnet']),
    ]);
    expect([version.code, version.stdout.split('\n')[0], version.stderr]).toEqual([0, 'Name: Dkron', '']);
    expect([key.code, Buffer.from(key.stdout.trimEnd(), 'base64').length, key.stderr]).toEqual([0, 16, '']);
    expect([mistake.code, mistake.stderr]).toEqual([1, expect.stringContaining('Did you mean this?\n\tagent\n')]);
  });

  it('a reader that has enough is no error, an output that is full is one', async () => {
    const run = `"${process.execPath}" "${MAIN}" agent --help`;
    const early = await execute('bash', ['-c', `${run} | true; echo "\${PIPESTATUS[0]}"`]);
    expect([early.stdout, early.stderr]).toEqual(['0\n', '']);
    const full = await execute('bash', ['-c', `${run} > /dev/full`]);
    expect([full.code, full.stderr]).toEqual([1, '']);
  });

  it('stores, runs, shows and deletes a job', async () => {
    const { server: node, env } = await server();
    const yaml = '- {name: good, executor: shell, schedule: "@daily", executor_config: {command: echo fine}}\n';
    const bad = '- {name: bad, executor: shell, schedule: "@daily", executor_config: {command: sh -c "exit 3"}}\n';
    expect(await dkron(['job', 'apply', '-f', '-'], { env, input: yaml + bad })).toEqual({
      code: 0,
      stdout: 'stored good\nstored bad\n',
      stderr: '',
    });
    expect(await dkron(['job', 'run', 'good'], { env })).toEqual({ code: 0, stdout: 'fine\n', stderr: '' });
    const [failed, logs, list, ticks] = await Promise.all([
      dkron(['job', 'run', 'bad'], { env }),
      dkron(['job', 'logs', 'good', '--follow'], { env }),
      dkron(['job', 'list'], { env }),
      dkron(['job', 'ticks', 'good', '--output', 'json'], { env }),
    ]);
    expect([failed.code, failed.stderr]).toEqual([2, expect.stringContaining('ended unsuccessfully on test: failed')]);
    expect([logs.code, logs.stdout]).toEqual([0, 'fine\n']);
    expect(list.stdout).toMatch(/^NAME +SCHEDULE +STATUS/);
    expect(JSON.parse(ticks.stdout)).toMatchObject([{ decision: 'run', trigger: 'manual' }]);
    expect((await dkron(['job', 'delete', 'good'], { env })).stdout).toBe('deleted good\n');
    expect((await dkron(['job', 'get', 'good'], { env })).code).toBe(1);
    expect(await node.stop()).toBe(0);
  });

  it('a file of jobs is stored as a whole or not at all', async () => {
    const { env } = await server();
    const job = (name: string, more: object = {}) => ({ name, executor: 'shell', schedule: '@daily', ...more });
    const apply = (...jobs: object[]) => dkron(['job', 'apply', '-'], { env, input: JSON.stringify(jobs) });
    const list = async () =>
      (JSON.parse((await dkron(['job', 'list', '--output=json'], { env })).stdout) as object[]).length;
    const refused = await apply(job('a'), job('b', { schedule: 'x' }), job('c', { parent_job: 'nobody' }), job('D'));
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr.split('\n')).toEqual([
      expect.stringMatching(/^dkron: job 2, b: .*schedule/),
      expect.stringMatching(/^dkron: job 3, c: specified parent job not found \(parent_job: /),
      expect.stringMatching(/^dkron: job 4, D: .*name/),
      'dkron: 3 of 4 jobs cannot be taken; nothing was stored',
      '',
    ]);
    expect(await list()).toBe(0);
    const family = [job('up'), job('down', { parent_job: 'up' }), job('other')];
    expect(await apply(...family)).toEqual({ code: 0, stdout: 'stored up\nstored down\nstored other\n', stderr: '' });
    // Each is right by itself, but not after the one before.
    const late = await apply(job('one'), job('up', { parent_job: 'fresh' }), job('fresh'));
    expect([late.code, late.stdout]).toEqual([1, '']);
    const circle = await apply(
      job('fresh', { parent_job: 'other' }),
      job('other', { parent_job: 'fresh' }),
      job('last'),
    );
    expect([circle.code, circle.stdout]).toEqual([1, 'stored fresh\n']);
    expect(circle.stderr).toMatch(/cycle[^]*dkron: job other was not stored; not tried: last\n$/);
  });

  it('job logs --follow prints output while the execution still runs, until it ends', async () => {
    const { env } = await server();
    const command = 'echo one; while [ ! -e "$FLAG" ]; do sleep 0.05; done; echo two';
    const flag = join(newFolder(), 'go-on');
    const executor_config = { shell: 'true', command, env: `FLAG=${flag}` };
    const job = { name: 'slow', schedule: '@daily', executor: 'shell', executor_config };
    await dkron(['job', 'apply', '-f', '-'], { env, input: JSON.stringify(job) });
    expect((await dkron(['job', 'run', 'slow', '--no-wait'], { env })).code).toBe(0);
    const follower = spawn(process.execPath, [MAIN, 'job', 'logs', 'slow', '-f'], { env: { ...process.env, ...env } });
    let text = '';
    // The job goes on only when its first line was seen.
    follower.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text === 'one\n') writeFileSync(flag, '');
    });
    const code = await new Promise((resolve) => follower.on('close', resolve));
    expect([code, text]).toEqual([0, 'one\ntwo\n']);
  });

  it('SIGHUP reads the settings again and ends nothing', async () => {
    const { server: node, env } = await server();
    process.kill(node.pid, 'SIGHUP');
    for (let attempt = 0; !node.log.includes('config: read again') && attempt < 200; attempt += 1) {
      await new Promise((resolve) => {
        setTimeout(resolve, 25);
      });
    }
    expect(node.log).toMatch(/level=info msg="config: read again" changed=0/);
    expect((await dkron(['job', 'list', '--output=json'], { env })).stdout).toBe('[]\n');
    expect(await node.stop()).toBe(0);
  });

  it('a file in $HOME/.dkron is found; an unknown key in it is told once', async () => {
    const home = newFolder();
    mkdirSync(join(home, '.dkron'));
    writeFileSync(join(home, '.dkron', 'dkron.yml'), 'server: true\nrpc_port: 1\nprofile: fast\n');
    const { code, stdout, stderr } = await dkron(['agent'], { env: { HOME: home } });
    expect([code, stdout]).toEqual([1, 'agent: Can not setup serf, unknown profile: fast\n']);
    expect(stderr.match(/rpc_port: unknown key, it has no effect; did you mean rpc-port\?/g)).toHaveLength(1);
    expect(stderr).toContain('profile: "fast" is not allowed, expected lan, wan, local');
  });

  it('bash completes commands and flags', async () => {
    const bin = newFolder();
    writeFileSync(join(bin, 'dkron'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`, { mode: 0o755 });
    const script = `source <(dkron completion bash)
      COMP_WORDS=(dkron job r); COMP_CWORD=2; _dkron; echo "\${COMPREPLY[*]}"
      COMP_WORDS=(dkron agent --bo); COMP_CWORD=2; _dkron; echo "\${COMPREPLY[*]}"`;
    const { stdout } = await execute('bash', ['-c', script], { env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } });
    expect(stdout).toBe('run\n--bootstrap-expect\n');
  });
});
