import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../../test/attempt.ts';
import { ScriptedEngine } from '../../test/scripted-engine.ts';
import { executorSuite } from '../suite/index.ts';
import { Demultiplexer } from './demultiplex.ts';
import { engineAddress } from './engine-address.ts';
import { dockerExecutor } from './index.ts';

const engine = new ScriptedEngine();
const executor = dockerExecutor({ env: { DOCKER_HOST: engine.host } });
beforeAll(() => engine.start());
afterAll(() => engine.stop());
afterEach(() => {
  if (engine.containers.size > 0) throw new Error('a container was left behind');
});

const words = (...all: string[]): Record<string, string> => ({ image: 'tool:1', command: JSON.stringify(all) });
const run = (config: Record<string, string>, options: Parameters<typeof attempt>[2] = {}): Promise<TestRun> =>
  attempt(executor, config, options);

executorSuite(
  { describe, it },
  {
    name: 'docker',
    executor: () => executor,
    printing: (text) => words('print', text),
    failing: () => words('exit', '3'),
    broken: () => ({ image: 'absent:1' }),
    endless: () => words('hang'),
    pieces: (texts) => words('pieces', ...texts),
    flooding: (bytes, end) => words('flood', String(bytes), end),
    badConfigs: [
      { title: 'no image', config: () => ({ command: 'x' }), error: /^docker: image is empty$/ },
      { title: 'an image nobody has', config: () => ({ image: 'absent:1' }), error: /manifest for absent:1 not found/ },
      {
        title: 'an image that may not be fetched',
        config: () => ({ image: 'remote:2', pull: 'never' }),
        error: /^docker: image: remote:2 is not on this node/,
      },
      {
        title: 'a command that needs a shell',
        config: () => ({ image: 'tool:1', command: 'a | b' }),
        error: /"\|" needs/,
      },
      { title: 'a list of numbers', config: () => ({ image: 'tool:1', command: '[1]' }), error: /command: not a JSON/ },
      {
        title: 'bad memory',
        config: () => ({ image: 'tool:1', memory: '1 X' }),
        error: /memory: unsupported memory unit/,
      },
      { title: 'bad cpus', config: () => ({ image: 'tool:1', cpus: 'all' }), error: /cpus: must be a positive number/ },
      { title: 'bad base64', config: () => ({ image: 'tool:1', payload: '?' }), error: /payload: not base64/ },
      { title: 'bad limit', config: () => ({ image: 'tool:1', timeout: '5' }), error: /timeout: must be a positive/ },
      { title: 'what cannot start', config: () => words('unstartable'), error: /exec: "unstartable": not found/ },
    ],
    secrets: [
      {
        title: 'registry',
        config: (secret) => ({ image: 'absent:1', registryUser: 'me', registryPassword: secret }),
      },
    ],
  },
);

describe('a container', () => {
  it('is created with the limits of the job, and told what runs in it', async () => {
    engine.created.length = 0;
    const limits = { memory: '64M', cpus: '1.5', pids: '10', network: 'none', readOnly: 'true' };
    const place = { cwd: '/w', user: '1000:1000', volumes: '/a:/b:ro, c:/d', entrypoint: '/bin/sh -c' };
    await run({ ...words('print', 'x'), ...limits, ...place, env: '{"A":"1,2"}' });
    expect(engine.created[0]).toMatchObject({
      Image: 'tool:1',
      Cmd: ['print', 'x'],
      Entrypoint: ['/bin/sh', '-c'],
      WorkingDir: '/w',
      User: '1000:1000',
      Env: ['ENV_JOB_NAME=job', 'DKRON_EXECUTION_ID=1-node', 'DKRON_ATTEMPT=1', 'A=1,2'],
      Labels: { 'dkron.job': 'job', 'dkron.execution': '1-node', 'dkron.attempt': '1' },
      HostConfig: {
        Memory: 67_108_864,
        MemorySwap: 67_108_864,
        NanoCpus: 1_500_000_000,
        PidsLimit: 10,
        NetworkMode: 'none',
        ReadonlyRootfs: true,
        Binds: ['/a:/b:ro', 'c:/d'],
      },
    });
  });

  it('gets its standard input, and is followed on both outputs however they are cut', async () => {
    const payload = Buffer.from('from stdin').toString('base64');
    expect(await run({ ...words('cat'), payload })).toMatchObject({ stdout: 'from stdin', result: { success: true } });
    expect(await run(words('split', 'out', 'err'))).toMatchObject({ stdout: 'out', stderr: 'err' });
  });

  it('tells how it ended', async () => {
    expect((await run(words('print', 'x'))).result).toEqual({ success: true, error: '', exitCode: 0 });
    const failed = { success: false, error: 'exit status 3', reason: 'exit', exitCode: 3 };
    expect((await run(words('exit', '3'))).result).toEqual(failed);
    expect((await run(words('oom'))).result.error).toBe('docker: the container was killed: it used all its memory');
  });

  it('has its time to end when it is stopped, and is gone when the attempt is over', async () => {
    const stop = new AbortController();
    const options = { signal: stop.signal, onOutput: () => stop.abort(), killGraceMs: 1_000 };
    const { result } = await run(words('hang', 'deaf'), options);
    expect(result).toMatchObject({ success: false, reason: 'cancelled' });
    expect(engine.containers.size).toBe(0);
    expect(engine.requests.map(({ line }) => line).filter((line) => line.includes('/stop'))).toContainEqual(
      expect.stringMatching(/\/stop\?t=1$/),
    );
  });
});

describe('an image', () => {
  it('is fetched when it is missing, once, and always when that is asked for', async () => {
    const fetches = (): number => engine.requests.filter(({ line }) => line.includes('fromImage=remote')).length;
    const remote = { ...words('print', 'x'), image: 'remote:2', registryUser: 'me', registryPassword: 'pw' };
    await run(remote);
    await run(remote);
    expect(fetches()).toBe(1);
    expect((await run({ ...remote, pull: 'always' })).result.success).toBe(true);
    expect(fetches()).toBe(2);
    const { headers } = engine.requests.find(({ line }) => line.includes('fromImage=remote'))!;
    expect(JSON.parse(Buffer.from(String(headers['x-registry-auth']), 'base64url').toString())).toEqual({
      username: 'me',
      password: 'pw',
    });
  });

  it('without a tag is the latest', async () => {
    await run({ image: 'host:5000/some/tool' });
    expect(engine.requests.at(-1)?.line).toBe('POST /images/create?fromImage=host%3A5000%2Fsome%2Ftool%3Alatest');
  });
});

describe('the engine', () => {
  it('that is not there is named', async () => {
    const nowhere = dockerExecutor({ env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } });
    expect((await attempt(nowhere, words('print', 'x'))).result).toMatchObject({
      error: 'docker: the engine at unix:///nowhere/docker.sock cannot be reached: nothing listens there (ENOENT)',
      reason: 'executor',
    });
  });

  it('is found as by its own client', () => {
    const of = (host: string, more = {}): object => engineAddress({ DOCKER_HOST: host, ...more }).options;
    expect(of('')).toMatchObject({ socketPath: '/var/run/docker.sock' });
    expect(of('tcp://10.0.0.1')).toEqual({ host: '10.0.0.1', port: 2375 });
    expect(of('tcp://[::1]:99')).toEqual({ host: '::1', port: 99 });
    expect(of('tcp://h', { DOCKER_TLS_VERIFY: '1' })).toEqual({ host: 'h', port: 2376, rejectUnauthorized: true });
    expect(() => of('ssh://h')).toThrow(/neither unix/);
    expect(() => of('tcp://h', { DOCKER_CERT_PATH: '/nowhere' })).toThrow(/DOCKER_CERT_PATH: ENOENT/);
  });
});

it('what is no frame ends an output', () => {
  const frames = new Demultiplexer(() => {});
  expect(() => frames.add(Buffer.from('{"message":"?"}'))).toThrow(RangeError);
  expect(() => new Demultiplexer(() => {}).add(Buffer.from('0100000000000001ff', 'hex'))).not.toThrow();
  expect(() => new Demultiplexer(() => {}).add(Buffer.from('01000000ffffffffff', 'hex'))).toThrow(RangeError);
});
