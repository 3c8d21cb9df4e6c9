import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { inspect } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '@dkron/harness';
import { NO_NOTIFICATIONS } from '@dkron/notifier';
import { job, until } from '../support/api.ts';
import { apiOf, closeClusters, patiently, prepareCluster, ready } from '../support/process-cluster.ts';
import { cleanUp, TestNode } from '../support/test-node.ts';

const SLOW_MS = 300_000;

const trusted = getCACertificates('default');

let server: Server | undefined;
let mails: ChildProcess | undefined;

afterEach(async () => {
  await closeClusters();
  await cleanUp();
  server?.closeAllConnections();
  server?.close();
  mails?.kill('SIGKILL');
  setDefaultCACertificates(trusted);
});

interface Told {
  readonly key: string;
  readonly body: string;
}

/** Takes nothing until it works: the first half of it hangs, the other half is refused. */
async function receiver(): Promise<{
  readonly port: number;
  readonly told: Told[];
  readonly tries: () => number;
  works: boolean;
}> {
  const told: Told[] = [];
  let tries = 0;
  const state = { works: false };
  const made = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      tries += 1;
      if (!state.works && tries % 2 === 1) return;
      if (state.works) told.push({ key: String(request.headers['idempotency-key']), body });
      response.writeHead(state.works ? 200 : 503).end();
    });
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const { port } = made.address() as AddressInfo;
  return Object.assign(state, { port, told, tries: () => tries });
}

it(
  'G-N6: the leader is killed before it could tell: the next ones tell of every run, with keys that name it',
  async () => {
    const hook = await receiver();
    const cluster = await prepareCluster({
      names: ['s1', 's2', 's3'],
      args: [
        '--profile=local',
        `--webhook-endpoint=http://127.0.0.1:${hook.port}/secret-path`,
        '--webhook-payload={{.JobName}} {{.ExecutionID}} {{.Success}}',
      ],
    });
    for (const name of cluster.names) await cluster.launch(name);
    const first = await ready(cluster);
    // Nobody is told before all servers are known to understand it.
    await patiently(cluster, 'the level of all', async () => /feature level.*level=1/.test(cluster.server(first).log));
    const ids = new Set<string>();
    for (let n = 0; n < 3; n++) {
      await patiently(cluster, 'a job', async () => {
        const body = job(`told-${n}`, { executor_config: { command: n % 2 === 0 ? 'true' : 'false' } });
        return (await apiOf(cluster, first).call('POST', '/v1/jobs', { body })).status === 201;
      });
      await apiOf(cluster, first).call('POST', `/v1/jobs/told-${n}/run`);
      for (const { id } of await apiOf(cluster, first).executions(`told-${n}`)) ids.add(String(id));
    }
    // On each of three nodes; none has been taken by the receiver.
    expect(ids.size).toBe(9);
    await until('a try', async () => hook.tries() > 0);
    await cluster.kill(first);
    const second = await ready(cluster);
    expect(second).not.toBe(first);
    hook.works = true;
    await patiently(cluster, 'every run', async () => new Set(hook.told.map(({ key }) => key)).size === 9);
    expect(new Set(hook.told.map(({ key }) => key.split('/')[0]))).toEqual(ids);
    for (const { key, body } of hook.told) {
      expect(body).toMatch(new RegExp(`^told-\\d ${key.split('/')[0]} (true|false)$`));
    }
    for (const name of cluster.names)
      if (cluster.runs(name)) expect(cluster.server(name).log).not.toContain('secret-path');
  },
  SLOW_MS,
);

/** Debian's own server for mail, which is not ours; undefined = it is not to be had. */
function mailServer(): string | undefined {
  const has = (): boolean => spawnSync('/usr/bin/python3', ['-c', 'import aiosmtpd'], { timeout: 20_000 }).status === 0;
  if (has()) return '/usr/bin/python3';
  if (process.getuid?.() !== 0) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]): boolean =>
    spawnSync('apt-get', args, { stdio: 'ignore', env, timeout: 40_000 }).status === 0;
  const install = (): boolean => apt('install', '-y', '-qq', '--no-install-recommends', 'python3-aiosmtpd');
  return (install() || (apt('update', '-qq') && install())) && has() ? '/usr/bin/python3' : undefined;
}

const python = mailServer();

it.skipIf(python === undefined)(
  'a mail server that is killed and comes back gets every mail, each with an id of its own (NOT RUN without aiosmtpd)',
  async () => {
    const port = await freePort();
    let printed = '';
    const startMails = async (): Promise<void> => {
      const child = spawn(python!, [
        '-u',
        '-m',
        'aiosmtpd',
        '-n',
        '-c',
        'aiosmtpd.handlers.Debugging',
        'stdout',
        '-l',
        `127.0.0.1:${port}`,
      ]);
      child.stdout.on('data', (part: Buffer) => (printed += part.toString()));
      mails = child;
      await until('the mail server', () => accepts(port));
    };
    const kill = async (): Promise<void> => {
      const gone = new Promise((resolve) => mails!.once('exit', resolve));
      mails!.kill('SIGKILL');
      await gone;
    };
    const count = (text: RegExp): number => printed.match(text)?.length ?? 0;
    await startMails();
    const node = await TestNode.start({
      notifications: {
        ...NO_NOTIFICATIONS,
        mail: { ...NO_NOTIFICATIONS.mail, host: '127.0.0.1', port, from: 'dkron@example.org' },
      },
    });
    const run = async (name: string, command: string): Promise<void> => {
      await node.put(name, { owner_email: 'a@example.org, b@example.org', executor_config: { command } });
      await node.call('POST', `/v1/jobs/${name}/run`);
    };
    await run('good', 'printf "grüße"');
    await until('the first mail', async () => count(/^Subject: /gm) === 1);
    expect(printed).toMatch(/^Subject: \[Dkron\]Success good execution report$/m);
    expect(printed).toMatch(/^To: a@example\.org, b@example\.org$/m);
    await kill();
    await run('bad', 'false');
    await run('late', 'true');
    await until('a failed try', async () => node.log.some(({ message }) => message.includes('was not taken')));
    await startMails();
    await until('all mails', async () => count(/^Subject: /gm) >= 3);
    expect(printed).toMatch(/^Subject: \[Dkron\]Failed bad execution report$/m);
    expect(new Set(printed.match(/^Message-ID: .*$/gm)).size).toBe(3);
    await node.stop();
  },
  SLOW_MS,
);

it.skipIf(python === undefined)(
  'a mail server that wants STARTTLS and a password gets no mail before its certificate is trusted (NOT RUN without aiosmtpd)',
  async () => {
    const port = await freePort();
    const processors = join(import.meta.dirname, '../../../../packages/processors');
    const [certificate, key] = ['cert', 'key'].map((part) => join(processors, `testdata/localhost-${part}.pem`));
    const program = join(processors, 'slow/peers/mail_server.py');
    const server = spawn(python!, ['-u', program, String(port), 'starttls', certificate!, key!, 'dkron', 'pass-4711']);
    let printed = '';
    server.stdout.on('data', (part: Buffer) => (printed += part.toString()));
    mails = server;
    await until('the mail server', () => accepts(port));
    const account = { host: 'localhost', port, username: 'dkron', password: 'pass-4711', from: 'dkron@example.org' };
    const node = await TestNode.start({
      notifications: { ...NO_NOTIFICATIONS, mail: { ...NO_NOTIFICATIONS.mail, ...account } },
    });
    await node.put('private', { owner_email: 'a@example.org' });
    await node.call('POST', '/v1/jobs/private/run');
    await until('a failed try', async () => node.log.some(({ message }) => message.includes('was not taken')));
    expect(inspect(node.log, { depth: 5 })).not.toContain('pass-4711');
    expect(printed).toBe('');
    setDefaultCACertificates([...trusted, await readFile(certificate!, 'utf8')]);
    await until('the mail', async () => printed.includes('Subject: [Dkron]Success private execution report'));
    await node.stop();
  },
  SLOW_MS,
);

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });
}
