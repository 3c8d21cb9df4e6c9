/* Docker's engine: the one that is here, or one of Debian's; killed and started again in the middle of a run. */
import { afterAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../test/attempt.ts';
import { dockerExecutor } from '../src/docker/index.ts';
import { executorSuite } from '../src/suite/index.ts';
import { DockerPeer } from './peers/docker.ts';
import { notRun, untilReady } from '@dkron/harness';

const found = await DockerPeer.find();
if (typeof found === 'string') notRun('docker engine', found);
const peer = typeof found === 'string' ? undefined : found;
const IMAGE = 'dkron-executors-test:1';

describe.skipIf(peer === undefined)('the engine of Docker', () => {
  peer?.makeImage(IMAGE);
  const executor = dockerExecutor({ env: { DOCKER_HOST: peer?.host } });
  const base = { image: IMAGE, network: 'none', pull: 'never' };
  const sh = (script: string): Record<string, string> => ({ ...base, command: JSON.stringify(['sh', '-c', script]) });
  const run = (config: Record<string, string>, options: Parameters<typeof attempt>[2] = {}): Promise<TestRun> =>
    attempt(executor, config, options);
  const left = (): string => peer!.docker('ps', '-aq', '--filter', 'label=dkron.job').stdout.trim();
  afterAll(async () => {
    await executor.close?.();
    if (peer?.own === false) peer.docker('rmi', '-f', IMAGE);
    await peer?.stop();
  });

  executorSuite(
    { describe, it },
    {
      name: 'docker',
      executor: () => executor,
      printing: (text) => ({ ...base, command: JSON.stringify(['/bin/busybox', 'printf', '%s', text]) }),
      failing: () => sh('exit 3'),
      broken: () => ({ ...base, image: 'nobody/has-this:1' }),
      endless: () => sh('echo begun; sleep 100'),
      pieces: (texts) => sh(texts.map((text) => `/bin/busybox printf '%s' '${text}'; sleep 0.3`).join('; ')),
      flooding: (bytes, end) => sh(`yes | head -c ${bytes}; /bin/busybox printf '%s' '${end}'`),
      badConfigs: [
        { title: 'no such program', config: () => ({ ...base, command: 'nothing' }), error: /nothing.*not found/ },
      ],
    },
  );

  it('keeps what a container may use to what the job says', async () => {
    const limits = { memory: '16M', cpus: '0.5', pids: '20', readOnly: 'true', user: '1000:1000', cwd: '/tmp' };
    const seen = await run({ ...sh('id -u; pwd; touch /tmp/x; echo "$A $ENV_JOB_NAME"'), ...limits, env: 'A=1' });
    expect(seen).toMatchObject({
      stdout: '1000\n/tmp\n1 job\n',
      stderr: expect.stringContaining('Read-only') as string,
    });
    const payload = Buffer.from('from stdin').toString('base64');
    expect((await run({ ...sh('cat'), payload })).stdout).toBe('from stdin');
    const greedy = await run({ ...sh('tail /dev/zero'), memory: '16M' });
    expect(greedy.result).toMatchObject({ success: false });
    expect(greedy.result.error).toMatch(/used all its memory|exit status 1(37)?$/);
  });

  it('gives a container its time to end, and leaves none behind', async () => {
    const stop = new AbortController();
    const script = 'trap "echo asked; exit 0" TERM; echo begun; while true; do sleep 0.1; done';
    const running = run(sh(script), { signal: stop.signal, onOutput: () => stop.abort(), killGraceMs: 5_000 });
    expect((await running).result).toMatchObject({ success: false, reason: 'cancelled' });
    expect(left()).toBe('');
  });

  it.skipIf(peer?.own !== true)('a run whose engine dies is a failure; the next ones work', async () => {
    let killed: Promise<void> | undefined;
    const running = run(sh('echo begun; sleep 100'), { onOutput: () => void (killed = peer!.kill()) });
    const { result } = await running;
    await killed;
    expect(result).toMatchObject({ success: false, reason: 'executor' });
    expect(result.error).toMatch(/^docker: the engine at unix:/);
    expect((await run(sh('true'))).result.error).toMatch(/nothing listens there/);
    await peer!.start();
    await untilReady('the engine to run containers', async () => (await run(sh('true'))).result.success);
    await untilReady('what the crash left behind to be removed', () => left() === '');
  });
});
