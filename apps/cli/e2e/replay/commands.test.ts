import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, runCli } from '@dkron/harness';
import { afterAll, describe, expect, it } from 'vitest';
import { CALLS_A_NODE, COMMAND_DIFFERENCES, NEEDS_CLUSTER, type MeantDifference } from './departures.ts';
import { answers, isServer, newFolder, removeFolders, startProgram, type Ended } from './in-process.ts';
import { fatalTexts, normalise, withoutDescription, withoutLog } from './normalise.ts';
import { recording, type RecordedCommand } from './recording.ts';

afterAll(removeFolders);

const FILES: Readonly<Record<string, string>> = {
  'bad.yml': 'join: [a\n',
  'bad.ini': '[a]\nserver=true\n',
  noext: 'server: true\n',
  'wrong.yml': 'bootstrap-expect: many\n',
  'unk.yml': 'nonsense: 1\n',
};

interface Ran extends Ended {
  readonly folder: string;
  readonly served: boolean;
}

/** Runs it; a node is told to end as soon as it serves. */
async function run(args: readonly string[], folder = newFolder()): Promise<Ran> {
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  const port = await freePort();
  // One that is refused names its address.
  const listens = args.some((word) => word.startsWith('--advertise-addr='));
  const words = args.map((word) =>
    word
      .replaceAll('<DIR>', folder)
      .replace('--http-addr=127.0.0.1:8080', `--http-addr=127.0.0.1:${port}`)
      .replace('--bind-addr=127.0.0.1:8946', `--bind-addr=127.0.0.1:${listens ? 0 : 8946}`),
  );
  const server = args.includes('--server');
  const started = startProgram(server ? [...words, '--rpc-port=0'] : words, folder);
  const url = `http://127.0.0.1:${port}`;
  const served = server && (await answers(url, started));
  // It answers before it has looked for its cluster.
  if (served) await expect.poll(() => isServer(url), { timeout: 30_000 }).toBe(true);
  started.terminate();
  return { ...(await started.ended), folder, served };
}

/** Text of `<…>` that stands for whatever is there. */
function pattern(text: string): RegExp {
  const literal = text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replaceAll(/<(?:DNS SERVER|TIME|KEY|DEFAULT DIR)>/g, '[^ "]+')}$`);
}

function expectSame(command: RecordedCommand, ran: Ran): void {
  expect(ran.code).toBe(command.exit_code ?? command.exit_code_after_SIGTERM);
  const stdout = withoutDescription(normalise(withoutLog(ran.stdout), ran.folder));
  const stderr = normalise(command.args[0] === 'keygen' ? ran.stderr : withoutLog(ran.stderr), ran.folder);
  if (command.stdout.startsWith('<script')) {
    expect(stdout.startsWith(/beginning with: (.*)>/.exec(command.stdout)?.[1] ?? '?')).toBe(true);
  } else if (command.stdout.includes('<see agent_flags>')) {
    expect(stdout).toMatch(/^<description>\n\nUsage:\n {2}dkron agent \[flags\]\n\nFlags:\n|^<USAGE OF agent>\n/m);
  } else {
    expect(stdout).toMatch(pattern(withoutLog(command.stdout)));
  }
  if (command.stderr.startsWith('<three lines')) expect(stderr.trimEnd().split('\n')).toHaveLength(3);
  else if (command.exit_code === null) expect(ran.served).toBe(true);
  else expect(stderr).toMatch(pattern(command.args[0] === 'keygen' ? command.stderr : withoutLog(command.stderr)));
}

const meant = new Map(COMMAND_DIFFERENCES.map((one) => [one.name, one]));

async function expectMeant(command: RecordedCommand, { instead }: MeantDifference): Promise<void> {
  const ran = await run(command.args);
  expect([ran.served, ran.code]).toEqual(instead.ends === 'runs' ? [true, 0] : [false, instead.ends]);
  if (instead.says !== undefined) expect(ran.stderr).toMatch(instead.says);
}

describe('recorded command lines', () => {
  const alone = new Set(['doc', 'doc, folder exists']);
  const calls = new Set(CALLS_A_NODE.map(({ name }) => name));
  const played = recording.commands.filter(
    ({ name }) => !NEEDS_CLUSTER.has(name) && !calls.has(name) && !meant.has(name) && !alone.has(name),
  );

  it.each(played)('$name', async (command) => {
    const ran = await run(command.args);
    expectSame(command, ran);
    // The log of the server itself goes past the program's outputs.
    if (command.name === 'agent: data-dir is a file') return;
    for (const text of fatalTexts(command.stderr)) expect(ran.stderr).toContain(text);
  });

  it('doc writes the recorded pages, and its folder may exist', async () => {
    const folder = newFolder();
    const [first, second] = recording.commands.filter(({ name }) => alone.has(name));
    if (first === undefined || second === undefined) throw new Error('the recording lacks doc');
    expectSame(first, await run(first.args, folder));
    for (const name of first.files ?? []) expect([name, existsSync(join(folder, 'docs', name))]).toEqual([name, true]);
    const page = readFileSync(join(folder, 'docs', 'dkron_version.md'), 'utf8').split('\n');
    expect(page.slice(1, 5)).toEqual(
      first.front_matter?.map((line) => line.replace('<DATE>', new Date().toISOString().slice(0, 10))),
    );
    expectSame(second, await run(second.args, folder));
  });

  it.each(COMMAND_DIFFERENCES)('G-$gap: $name', async (difference) => {
    const command = recording.commands.find(({ name }) => name === difference.name);
    expect(command?.name).toBe(difference.name);
    if (command !== undefined) await expectMeant(command, difference);
  });

  const agents = recording.commands.filter(({ name }) => NEEDS_CLUSTER.has(name));

  it.each(agents)('$name', async ({ name, args, exit_code_after_SIGTERM: recorded }) => {
    const folder = newFolder();
    for (const [file, text] of Object.entries(FILES)) writeFileSync(join(folder, file), text);
    const words = args.map((word) => word.replaceAll('<DIR>', folder).replace(':8946', ':0'));
    const gap = NEEDS_CLUSTER.get(name);
    if (gap !== '') {
      // C6: it ends by itself; in a process of its own, as it ends that.
      expect([(await runCli([...words, '--rpc-port=0'])).code, recorded, gap]).toEqual([1, -15, gap]);
      return;
    }
    const started = startProgram([...words, '--rpc-port=0'], folder);
    await expect.poll(started.terminable, { timeout: 60_000 }).toBe(true);
    started.terminate();
    expect((await started.ended).code).toBe(recorded);
  });
});
