import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from '@dkron/harness';
import { NEEDS_CLUSTER, SETTING_DIFFERENCES } from './departures.ts';
import { answers, isServer, newFolder, removeFolders, startProgram } from './in-process.ts';
import { recording, type Effect, type RecordedSetting } from './recording.ts';

afterAll(removeFolders);

const FILE = 'server: true\nbootstrap-expect: 1\nnode-name: fromfile\ntags:\n  My_Role: Web\n';
/** Files the recording used without showing them. */
const UNSHOWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'both: $HOME/.dkron comes before ./config': { './config/dkron.json': '{"server":true,"node-name":"other"}' },
  'both: which one wins': {
    '$HOME/.dkron/dkron.yml': FILE,
    './config/dkron.json': '{"server":true,"node-name":"other"}',
  },
  'a file in the working directory itself is not found': { './dkron.yml': FILE },
};
const SHARED = { 'a.yml': FILE, 'c.yml': 'node-name: fromconfig\n' };

interface Outcome {
  readonly effect: Effect;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a node as the trial says, looks at it, and ends it. */
async function play(setting: RecordedSetting, agent = false): Promise<Outcome> {
  const { name, args, env = {}, files = {}, effect: recorded } = setting;
  const folder = newFolder();
  const work = join(folder, 'work');
  for (const [path, text] of Object.entries({ ...SHARED, ...files, ...UNSHOWN[name] })) {
    const [place, rest] = path.startsWith('$HOME/')
      ? [folder, path.slice(6)]
      : path.startsWith('./')
        ? [work, path.slice(2)]
        : [join(folder, 'cf'), path];
    mkdirSync(dirname(join(place, rest)), { recursive: true });
    writeFileSync(join(place, rest), text);
  }
  const port = await freePort();
  const put = (text: string): string =>
    text
      .replaceAll('<DIR>', folder)
      .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
      .replace('127.0.0.1:8946', '127.0.0.1:0');
  // Told is the recorded port, whichever is listened on.
  const anyPort = JSON.stringify([args, env, files]).includes('rpc')
    ? []
    : ['--rpc-port=0', '--advertise-rpc-port=6868'];
  const addresses = [
    '--bind-addr=127.0.0.1:0',
    ...anyPort,
    '--advertise-addr=127.0.0.1',
    `--http-addr=127.0.0.1:${port}`,
    `--data-dir=${join(folder, 'd')}`,
  ];
  const started = startProgram(
    ['agent', ...args.map(put), ...(env['DKRON_HTTP_ADDR'] === undefined ? addresses : [])],
    folder,
    Object.fromEntries(Object.entries(env).map(([key, value]) => [key, put(value)])),
    work,
  );
  const url = `http://127.0.0.1:${port}`;
  const http = !agent && (await answers(url, started));
  // It answers before it has looked for its cluster.
  if (http) await expect.poll(() => isServer(url), { timeout: 60_000 }).toBe(true);
  // One that is alone leads before it is ready.
  const leader = { ...recorded, ...meant.get(name)?.instead.effect }['GET /v1/leader'];
  if (http && leader === 200) {
    await expect.poll(async () => (await fetch(`${url}/v1/leader`)).status, { timeout: 60_000 }).toBe(200);
  }
  if (agent) await expect.poll(started.terminable, { timeout: 30_000 }).toBe(true);
  const seen = http ? await look(url) : {};
  started.terminate();
  const { code, stdout, stderr } = await started.ended;
  return { effect: { http, ...seen, exit_code: code }, stdout, stderr };
}

async function look(url: string): Promise<Partial<Effect>> {
  const { agent, tags } = (await (await fetch(`${url}/v1`)).json()) as {
    agent: { name: string };
    tags: Record<string, string>;
  };
  // The recording leaves out what is the same everywhere.
  const { role, version, ...rest } = tags;
  expect([role, typeof version]).toEqual(['dkron', 'string']);
  const status = async (path: string): Promise<number> => (await fetch(`${url}${path}`)).status;
  return {
    node_name: agent.name === hostname() ? '<HOSTNAME>' : agent.name,
    tags: rest,
    'GET /ui/': await status('/ui/'),
    'GET /metrics': await status('/metrics'),
    'GET /v1/leader': await status('/v1/leader'),
  };
}

/** Compares what was recorded; other paths were not looked at. */
function expectEffect(recorded: Effect, effect: Effect): void {
  expect({ ...effect, log: recorded.log }).toMatchObject(recorded);
  // Exactly these tags, not only among others.
  expect(effect.tags).toEqual(recorded.tags);
}

/** The list that the original said it would join, against the one `config check` finds. */
async function expectJoins({ args, env, files, effect }: RecordedSetting): Promise<void> {
  const joins = /joining: (\[.*?\]) replay/.exec(effect.log?.join('\n') ?? '')?.[1];
  if (joins === undefined) return;
  const folder = newFolder();
  for (const [path, text] of Object.entries(files ?? {})) {
    mkdirSync(join(folder, 'cf'), { recursive: true });
    writeFileSync(join(folder, 'cf', path), text);
  }
  const words = ['config', 'check', '--output=json', ...args.map((word) => word.replaceAll('<DIR>', folder))];
  const { stdout } = await startProgram(words, folder, env).ended;
  const { settings } = JSON.parse(stdout) as { settings: { key: string; value: string }[] };
  const found = JSON.parse(settings.find(({ key }) => key === 'join')?.value ?? '[]') as string[];
  expect(`[${found.join(' ')}]`).toBe(joins);
}

const renamed = (effect: Effect): Effect => {
  const { my_role: role, ...tags } = effect.tags ?? {};
  return role === undefined ? effect : { ...effect, tags: { ...tags, My_Role: role } };
};

const meant = new Map(SETTING_DIFFERENCES.map((one) => [one.name, one]));

describe('recorded settings', () => {
  const played = recording.settings.filter(({ name }) => !NEEDS_CLUSTER.has(name) && !meant.has(name));

  it.each(played)('$name', async (setting) => {
    const { effect, stderr } = await play(setting);
    expect(effect.http).toBe(setting.effect.http);
    expectEffect(setting.effect, effect);
    await expectJoins(setting);
    if (setting.effect.exit_code === 1) expect(stderr).toContain('Error: config: Error unmarshalling config:');
  });

  it.each(SETTING_DIFFERENCES)('G-$gap: $name', async ({ name, gap, instead }) => {
    const setting = recording.settings.find((one) => one.name === name);
    if (setting === undefined) throw new Error(`${name} is not recorded`);
    const { effect, stderr } = await play(setting);
    if (instead.ends !== 'runs') {
      expect(effect).toEqual({ http: false, exit_code: instead.ends });
      expect(stderr).toMatch(instead.says ?? /Error/);
      return;
    }
    const expected = gap === 'C17' ? renamed(setting.effect) : { ...setting.effect, ...instead.effect };
    expect(expected).not.toEqual(setting.effect);
    expectEffect(expected, effect);
  });

  it('a node that is no server is an agent: it runs without the REST API, and ends with 0', async () => {
    const waiting = recording.settings.filter(({ name }) => NEEDS_CLUSTER.has(name));
    expect(waiting).toHaveLength(2);
    for (const setting of waiting) {
      const { effect } = await play(setting, true);
      expect(effect).toEqual({ http: false, exit_code: 0 });
    }
  });

  it('unknown keys of the recorded file are told', async () => {
    const setting = recording.settings.find(({ name }) => name.startsWith('underscores'));
    if (setting === undefined) throw new Error('the recording lacks underscores');
    const { stderr } = await play(setting);
    expect(stderr).toMatch(
      /level=warning msg="config: bootstrap_expect: .* did you mean bootstrap-expect\? \(.*c\.yml:2\)"/,
    );
    expect(stderr).toMatch(/level=warning msg="config: node_name: .* did you mean node-name\? \(.*c\.yml:3\)"/);
  });
});
