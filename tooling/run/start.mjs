// `npm start` and `npm run -s dkron`: build what the command line needs, then become it.
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from './lock.mjs';
import { endLike, execute, run } from './process.mjs';
import { inputsOf, isFresh, writeStamp } from './stamp.mjs';
import { ensureToolchain, findNode, root, toolchainDir, toolEnvironment } from './toolchain.mjs';

const CLI = '@dkron/cli';
const CLI_ENTRY = join(root, 'apps', 'cli', 'dist', 'main.js');

/** npm and pnpm start scripts in the clone's root; relative paths are meant from where the caller stands. */
export function callerFolder() {
  const { INIT_CWD, npm_package_json: manifest } = process.env;
  const fromScript = manifest !== undefined && resolve(manifest) === join(root, 'package.json');
  return fromScript && INIT_CWD ? INIT_CWD : process.cwd();
}

/** Builds the command line if its inputs changed. Silent unless it fails. @returns path of node */
async function ensureBuilt({ verbose }) {
  const say = (text) => verbose && process.stderr.write(`dkron: ${text}\n`);
  const node = findNode();
  if (node !== undefined && isFresh(CLI, inputsOf(CLI, node))) return node;
  const build = async () => {
    const found = await ensureToolchain((command, args, options) => run(command, args, { quiet: true, ...options }));
    const inputs = inputsOf(CLI, found);
    if (isFresh(CLI, inputs)) return found; // another start built it while this one waited
    const options = { env: toolEnvironment(found), quiet: true };
    say('installing packages');
    await run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], options);
    say('building');
    await run('turbo', ['run', 'build', `--filter=${CLI}...`, '--output-logs=errors-only'], options);
    writeStamp(CLI, inputs);
    return found;
  };
  return withLock(toolchainDir, build, (pid) => say(`waiting for the build of process ${pid}`));
}

export async function dkron(args) {
  const node = await ensureBuilt({ verbose: false });
  // The caller's own environment: the jobs that a server starts inherit it.
  endLike(await execute(node, [CLI_ENTRY, ...args], { env: process.env, cwd: callerFolder() }));
}

export async function start(args) {
  const node = await ensureBuilt({ verbose: true });
  const full = ['agent', '--server', ...args, ...defaultsFor(args, process.env)];
  // Whoever answers there already is another server: this one will say that it cannot have the address.
  const taken = await answers(httpAddress(full));
  const server = execute(node, [CLI_ENTRY, ...full], { env: process.env, cwd: callerFolder() });
  const ended = new AbortController();
  if (!taken) void welcome(full, ended.signal);
  const result = await server;
  ended.abort();
  endLike(result);
}

/**
 * What a newcomer's machine needs: one server, reachable from this machine only, data in the clone. Whatever the
 * caller gives by flag, environment or configuration file stays as given.
 */
export function defaultsFor(args, env) {
  const given = (name) =>
    args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`)) ||
    env[`DKRON_${name.toUpperCase().replaceAll('-', '_')}`] !== undefined;
  if (given('config')) return [];
  const defaults = [
    ['bind-addr', '127.0.0.1:8946'],
    ...(given('bind-addr') ? [] : [['advertise-addr', '127.0.0.1']]),
    ['http-addr', '127.0.0.1:8080'],
    ['data-dir', join(root, 'dkron.data')],
  ];
  if (!given('join') && !given('retry-join')) defaults.unshift(['bootstrap-expect', '1']);
  return defaults.filter(([name]) => !given(name)).map(([name, value]) => `--${name}=${value}`);
}

/** Prints what to type next, once the server answers. */
async function welcome(args, signal) {
  const address = httpAddress(args);
  for (let attempt = 0; attempt < 300 && !signal.aborted; attempt++) {
    if (await answers(address, signal)) {
      if (!signal.aborted) process.stdout.write(screen(address, dataDirectory(args, process.env, callerFolder())));
      return;
    }
    await sleep(100, undefined, { signal }).catch(() => {});
  }
}

async function answers(address, signal = AbortSignal.timeout(1_000)) {
  try {
    const response = await fetch(`http://${address}/health`, { signal });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function httpAddress(args) {
  const value = flag(args, 'http-addr') ?? ':8080';
  return value.startsWith(':') ? `127.0.0.1${value}` : value.replace(/^(0\.0\.0\.0|\[::\]):/, '127.0.0.1:');
}

/** The last value of `--name=value` or `--name value`. */
function flag(args, name) {
  const at = args.findLastIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (at < 0) return undefined;
  return args[at].includes('=') ? args[at].slice(args[at].indexOf('=') + 1) : (args[at + 1] ?? '');
}

/** Where the data is, as the caller would type it; undefined when only the configuration file says. */
export function dataDirectory(args, env, from) {
  const value = flag(args, 'data-dir') ?? env.DKRON_DATA_DIR;
  if (value === undefined) return undefined;
  const path = resolve(from, value);
  const short = relative(from, path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : `.${sep}${short}`;
}

export function screen(address, dataDir) {
  const url = `http://${address}/v1`;
  const job = '{"name":"hello","schedule":"@every 1s","executor":"shell","executor_config":{"command":"echo hello"}}';
  return `
Dkron answers on http://${address}. In another terminal:

  curl ${url}/jobs -H 'Content-Type: application/json' -d '${job}'
  curl ${url}/jobs                              # list the jobs
  curl -X POST ${url}/jobs/hello                # run it now
  curl ${url}/jobs/hello/executions             # what ran, and its output
  curl ${url}/jobs/hello/ticks                  # every due instant and what became of it

Only this machine can reach it: a job may run any command. To open it to your network:
  npm start -- --http-addr=:8080 --bind-addr=0.0.0.0:8946
Ctrl-C stops it; jobs and executions stay in ${dataDir ?? 'the data-dir of your configuration'}.

`;
}
