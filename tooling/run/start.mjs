// `npm start` and `npm run -s dkron`: build what the command line needs, then become it.
import { execFile } from 'node:child_process';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from './lock.mjs';
import { endLike, execute, run } from './process.mjs';
import { inputsOf, isFresh, writeStamp } from './stamp.mjs';
import { ensureToolchain, findNode, root, toolchainDir, toolEnvironment } from './toolchain.mjs';

const CLI = '@dkron/cli';
/** For reading the settings; a busy machine takes seconds. */
const CHECK_MS = 60_000;
const WELCOME_TRIES = 3_000;
const CLI_ENTRY = join(root, 'apps', 'cli', 'bundle', 'main.js');

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
  const given = await settingsGiven(node, args);
  const defaults = defaultsFor(args, given.settings);
  const full = ['agent', '--server', ...args, ...defaults];
  const address = addressOf(valueIn(defaults, 'http-addr') ?? given.httpAddr);
  // Whoever answers there already is another server: this one will say that it cannot have the address.
  const taken = address === undefined || (await answers(address));
  const server = execute(node, [CLI_ENTRY, ...full], { env: process.env, cwd: callerFolder() });
  const ended = new AbortController();
  const dataDir = valueIn(defaults, 'data-dir') ?? given.settings.get('data-dir');
  if (!taken) void welcome(address, dataDirectory(callerFolder(), dataDir), ended.signal);
  const result = await server;
  ended.abort();
  endLike(result);
}

/**
 * What the caller gives by flag, environment or configuration file, as the server itself reads it. Nothing when it
 * cannot be read: the server will say why.
 *
 * @returns {Promise<{ settings: Map<string, string>, httpAddr: string | undefined }>}
 */
function settingsGiven(node, args) {
  const command = [CLI_ENTRY, 'config', 'check', '--output=json', '--server', ...args];
  return new Promise((done) => {
    // It ends with 1 when something is wrong, and tells all the same.
    execFile(node, command, { env: process.env, cwd: callerFolder(), timeout: CHECK_MS }, (_, stdout) => {
      done(readSettings(stdout));
    });
  });
}

export function readSettings(text) {
  try {
    const { http_addr: httpAddr, settings } = JSON.parse(text);
    return { settings: new Map(settings.map(({ key, value }) => [key, value])), httpAddr: httpAddr ?? undefined };
  } catch {
    return { settings: new Map(), httpAddr: undefined };
  }
}

/**
 * What a newcomer's machine needs: one server, reachable from this machine only, data in the clone. Whatever is given
 * stays as given; a configuration file that is named says it all.
 *
 * @param {ReadonlyMap<string, string>} given - settings by flag, environment or configuration file
 */
export function defaultsFor(args, given) {
  if (args.some((arg) => arg === '--config' || arg.startsWith('--config='))) return [];
  const bind = given.get('bind-addr');
  const defaults = [
    ['bind-addr', '127.0.0.1:8946'],
    // A server does not tell others a loopback address by itself.
    ...(bind === undefined ? [['advertise-addr', '127.0.0.1']] : isLoopback(bind) ? [['advertise-addr', bind]] : []),
    ['http-addr', '127.0.0.1:8080'],
    ['data-dir', join(root, 'dkron.data')],
  ];
  if (!given.has('join') && !given.has('retry-join')) defaults.unshift(['bootstrap-expect', '1']);
  return defaults.filter(([name]) => !given.has(name)).map(([name, value]) => `--${name}=${value}`);
}

function isLoopback(address) {
  return /^(127(\.\d{1,3}){3}|localhost)(:\d+)?$|^\[?::1(\]|$)/.test(address);
}

/** Prints what to type next, once the server answers. */
async function welcome(address, dataDir, signal) {
  for (let attempt = 0; attempt < WELCOME_TRIES && !signal.aborted; attempt++) {
    if (await answers(address, signal)) {
      if (!signal.aborted) process.stdout.write(screen(address, dataDir));
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

/** Where this machine reaches a server that listens there; undefined when the system chooses the port. */
export function addressOf(listening) {
  if (listening === undefined || listening.endsWith(':0')) return undefined;
  const withPort = /:\d+$/.test(listening) ? listening : `${listening}:8080`;
  return withPort.replace(/^(0\.0\.0\.0|\[::\])?:/, '127.0.0.1:');
}

/** The value of `--name=value`. */
function valueIn(flags, name) {
  return flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** Where the data is, as the caller would type it. @param {string} [value] - undefined = the server's own default */
export function dataDirectory(from, value = 'dkron.data') {
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
Ctrl-C stops it; jobs and executions stay in ${dataDir}.

`;
}
