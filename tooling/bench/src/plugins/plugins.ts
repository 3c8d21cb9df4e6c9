import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import type { HostedExecutor } from '@dkron/plugins/host';
import { PluginHost } from '@dkron/plugins/host';
import { silentLogger } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import type { Figure } from '../table.ts';

const GO_SOURCE = fileURLToPath(new URL('../../../../examples/go-plugin', import.meta.url));
const SERVE = import.meta.resolve('@dkron/plugins/serve');
const TARGET = 0.5;
const IN_FLIGHT = [1, 32];
/** Code that has not run a few hundred times is slower than it will be. */
const WARM_UP_MS = 500;
/** A first build takes a minute. */
const BUILD_MS = 300_000;
const never = new AbortController().signal;

export interface PluginFigureOptions {
  readonly rounds: number;
  /** Of each rate; there are eight for each round. */
  readonly measureMs: number;
  /** Told what is going on. */
  readonly say: (line: string) => void;
}

/** Runs of hosted executors that do nothing, beside bare calls on the same socket; in turns, the middle counts. */
export async function pluginFigures(options: PluginFigureOptions): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dkron-bench-plugins-'));
  try {
    writeTypeScript(join(folder, 'ts'));
    const figures = await figuresOf('TypeScript', join(folder, 'ts'), options);
    const go = buildGo(options.say);
    return go === undefined ? figures : [...figures, ...(await figuresOf('Go', go, options))];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeTypeScript(folder: string): void {
  mkdirSync(folder);
  const path = join(folder, 'dkron-executor-demo');
  const text = `#!${process.execPath}
import { serveExecutor } from ${JSON.stringify(SERVE)};
await serveExecutor({ execute: ({ config }) => config.do === 'env' ? process.env[config.text] : undefined });
`;
  writeFileSync(path, text);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  chmodSync(path, 0o755);
}

/** The folder of the plugin in Go, kept for the next time; undefined where it cannot be built. */
function buildGo(say: (line: string) => void): string | undefined {
  const folder = join(tmpdir(), `dkron-bench-go-plugin-${process.getuid?.() ?? 0}`);
  say('building the plugin in Go');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    execFileSync('go', ['build', '-buildvcs=false', '-o', folder, './dkron-executor-demo'], {
      cwd: GO_SOURCE,
      stdio: 'ignore',
      timeout: BUILD_MS,
    });
    return folder;
  } catch {
    say('NOT RUN: plugins in Go: there is no Go here, or no module proxy');
    return undefined;
  }
}

async function figuresOf(language: string, folder: string, options: PluginFigureOptions): Promise<Figure[]> {
  const ambient = { clock: systemClock, timers: systemTimers, random: systemRandom, logger: silentLogger };
  const host = new PluginHost({ folders: [folder], kinds: ['executor'] }, ambient);
  await host.start();
  try {
    const [executor] = host.executors;
    const bare = bareCall(await socketOf(executor!));
    const run = (): Promise<unknown> => runOnce(executor!, { do: 'env', text: 'NONE' });
    const figures: Figure[] = [];
    for (const inFlight of IN_FLIGHT) {
      await rateOf(bare, inFlight, WARM_UP_MS);
      await rateOf(run, inFlight, WARM_UP_MS);
      const ours: number[] = [];
      const floors: number[] = [];
      for (let round = 0; round < options.rounds; round++) {
        floors.push(await rateOf(bare, inFlight, options.measureMs));
        ours.push(await rateOf(run, inFlight, options.measureMs));
        const [floor, rate] = [floors.at(-1)!, ours.at(-1)!];
        options.say(
          `${language}, ${inFlight} at a time, round ${round + 1} of ${options.rounds}: ` +
            `${Math.round(rate)}/s of ${Math.round(floor)}/s = ${(rate / floor).toFixed(2)}`,
        );
      }
      const ratio = middle(ours.map((rate, i) => rate / floors[i]!));
      figures.push({
        name: `runs of an executor in ${language}, ${inFlight} at a time`,
        ours: `${Math.round(middle(ours))}/s`,
        floor: `${Math.round(middle(floors))}/s bare calls on the same socket`,
        ratio,
        target: `≥ ${TARGET}`,
        met: ratio >= TARGET,
      });
    }
    return figures;
  } finally {
    await host.close();
  }
}

async function runOnce(executor: HostedExecutor, config: Readonly<Record<string, string>>): Promise<string> {
  let output = '';
  const result = await executor.execute(
    { jobName: 'bench', config },
    { signal: never, logger: silentLogger, output: (chunk) => void (output += Buffer.from(chunk).toString()) },
  );
  if (!result.success) throw new Error(result.error);
  return output;
}

async function socketOf(executor: HostedExecutor): Promise<string> {
  const folder = await runOnce(executor, { do: 'env', text: 'PLUGIN_UNIX_SOCKET_DIR' });
  return join(
    folder,
    readdirSync(folder).find((name) => name.startsWith('plugin'))!,
  );
}

/** The smallest call that the plugin answers, with nothing around it. */
function bareCall(socket: string): () => Promise<unknown> {
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), { 'grpc.enable_channelz': 0 });
  const request = Buffer.concat([Buffer.of(0x0a, 6), Buffer.from('plugin')]);
  const asIs = (bytes: Buffer): Buffer => bytes;
  return () =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest('/grpc.health.v1.Health/Check', asIs, asIs, request, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
}

async function rateOf(call: () => Promise<unknown>, inFlight: number, measureMs: number): Promise<number> {
  const began = performance.now();
  let count = 0;
  const work = async (): Promise<void> => {
    while (performance.now() - began < measureMs) {
      await call();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return (count * 1000) / (performance.now() - began);
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
