/* Programs that are no plugins, or bad ones: each is down, says why, and harms nothing else. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fields, Logger } from '@dkron/runtime';
import { silentLogger } from '@dkron/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostOf, PluginFolder } from '../../test/plugin-files.ts';
import { run } from '../../test/run.ts';
import type { HostedExecutor, PluginHost } from './index.ts';

const SOCKET = '$PLUGIN_UNIX_SOCKET_DIR/s';
/** Listens, says so, and does this with who connects. */
const listening = (line: string, onSocket: string): string =>
  `import { createServer } from 'node:net';
  const path = process.env.PLUGIN_UNIX_SOCKET_DIR + '/s';
  createServer((socket) => { socket.on('error', () => {}); ${onSocket} }).listen(path, () => console.log(\`${line}\`));`;

/** What the shell does, and what the plugin is said to have done. */
const SHELL: Readonly<Record<string, readonly [text: string, cause: RegExp]>> = {
  'prints-nothing': ['exit 0', /it ended before its handshake: exit status 0$/],
  'says-why': ['echo "no licence found" >&2; exit 7', /exit status 7; it said: no licence found$/],
  silent: ['sleep 60', /no handshake within 1500 ms$/],
  'no-newline': [`printf '1|1|unix|${SOCKET}|grpc|'; sleep 60`, /no handshake within/],
  'killed-early': ['kill -9 $$', /it ended before its handshake: signal SIGKILL$/],
  text: ['echo Hello world; sleep 60', /no handshake: the line must have 4 to 7 fields/],
  'three-fields': ['echo "1|1|unix"; sleep 60', /4 to 7 fields/],
  'other-core': [`echo "2|1|unix|${SOCKET}|grpc|"; sleep 60`, /core protocol version is 2, must be 1/],
  'other-version': [`echo "1|9|unix|${SOCKET}|grpc|"; sleep 60`, /speaks application protocol 9, offered: 1/],
  'other-network': ['echo "1|1|pipe|x|grpc|"; sleep 60', /network must be unix or tcp/],
  'wrong-transport': [`echo "1|1|unix|${SOCKET}|netrpc|"; sleep 60`, /speaks netrpc, allowed here: grpc/],
  'not-loopback': ['echo "1|1|tcp|192.0.2.1:80|grpc|"; sleep 60', /must be a loopback address/],
  'no-socket': [`echo "1|1|unix|${SOCKET}|grpc|"; sleep 60`, /its socket .*\/s does not exist/],
  'a-file': [`: > ${SOCKET}; echo "1|1|unix|${SOCKET}|grpc|"; sleep 60`, /its socket .* is no socket/],
  garbage: ['head -c 3000 /dev/urandom | tr "\\n" x; echo; sleep 60', /did not start: no handshake/],
  endless: ['yes | tr -d "\\n"', /the first line is longer than 4096 bytes/],
  'forks-and-ends': ['sleep 60 & exit 4', /exit status 4/],
};

/** What Node does. */
const NODE: Readonly<Record<string, readonly [text: string, cause: RegExp]>> = {
  'hangs-up': [listening('1|1|unix|${path}|grpc|', 'socket.destroy();'), /did not start: nobody answers at/],
  'answers-rubbish': [
    listening('1|1|unix|${path}|grpc|', "socket.end('HTTP/1.0 400 go away\\r\\n\\r\\n');"),
    /did not start: nobody answers at/,
  ],
  'ends-after-handshake': [
    listening('1|1|unix|${path}|grpc|', '') + 'setTimeout(() => process.exit(5), 300);',
    /exit status 5|nobody answers/,
  ],
};

const PROCESSORS: Readonly<Record<string, readonly [text: string, cause: RegExp]>> = {
  'hangs-up': [listening('1|1|unix|${path}|netrpc|', 'socket.destroy();'), /did not start: the connection broke/],
  'answers-rubbish': [
    listening('1|1|unix|${path}|netrpc|', "socket.write('rubbish'.repeat(50));"),
    /did not start: yamux (version|frame)/,
  ],
};

/** Speaks HTTP/2, and does this with each request but checks of its health. */
const http2 = (onStream: string): string =>
  `import { createServer } from 'node:http2';
  const path = process.env.PLUGIN_UNIX_SOCKET_DIR + '/s';
  const GRPC = { ':status': 200, 'content-type': 'application/grpc' };
  const answer = (stream, hex, status = '0') => {
    stream.respond(GRPC, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
    stream.end(Buffer.from(hex, 'hex'));
  };
  createServer().on('stream', (stream, { ':path': method }) => {
    stream.on('error', () => {});
    if (method.endsWith('/Check')) return answer(stream, '00000000020801');
    ${onStream}
  }).listen(path, () => console.log(\`1|1|unix|\${path}|grpc|\`));`;

/** One after the other, to each run. */
const ANSWERS: readonly (readonly [how: string, text: RegExp])[] = [
  ["answer(stream, 'ffffffffffffffff')", /larger than max \(4294967295 vs \d+\)$/],
  ["answer(stream, '0100000000')", /: the answer is not one uncompressed message$/],
  ["answer(stream, '00000000020aff')", /: no types.v1.ExecuteResponse: /],
  ["answer(stream, '')", /: the answer is not one uncompressed message$/],
  ["answer(stream, '', 'seven')", /: the plugin gave an error without text$/],
  ["stream.respond({ ':status': 503 }, { endStream: true })", /: it answered with HTTP status 503$/],
  ['stream.respond(GRPC, { endStream: true })', /: the answer broke off$/],
  ['stream.close(2)', /./],
];

const folder = new PluginFolder();
/** Programs on Node take their time where many start at once. */
const slowFolder = new PluginFolder();
const passedOver: (Fields | undefined)[] = [];
const logger: Logger = {
  ...silentLogger,
  child: () => silentLogger,
  warn: (event, fields) => void (event === 'plugins: passed over' && passedOver.push(fields)),
};
let hosts: PluginHost[];

beforeAll(async () => {
  for (const [name, [text]] of Object.entries(SHELL)) folder.shell(`dkron-executor-${name}`, text);
  for (const [name, [text]] of Object.entries(NODE)) slowFolder.node(`dkron-executor-${name}`, text);
  for (const [name, [text]] of Object.entries(PROCESSORS)) slowFolder.node(`dkron-processor-${name}`, text);
  folder.shell('dkron-executor', 'exit 1');
  folder.shell('dkron-filter-x', 'exit 1');
  mkdirSync(join(folder.path, 'dkron-executor-folder'));
  writeFileSync(join(folder.path, 'dkron-executor-readme.md'), 'text');
  writeFileSync(join(folder.path, 'dkron-executor-elf'), Buffer.from('\x7fELF\x02\x01\x01', 'latin1'));
  chmodSync(join(folder.path, 'dkron-executor-elf'), 0o755);
  slowFolder.node('dkron-executor-no-grpc', http2('stream.respond({ ":status": 503 }, { endStream: true });'));
  const answers = ANSWERS.map(([how]) => `() => ${how}`).join(', ');
  slowFolder.node(
    'dkron-executor-garbled',
    http2(`if (method.endsWith('/Execute')) [${answers}][globalThis.at = (globalThis.at ?? -1) + 1]();`),
  );
  slowFolder.node('dkron-executor-good', `await serveExecutor({ execute: ({ config }) => config.text });`);
  const once = { restartDelayMs: 600_000, restartDelayMaxMs: 600_000 };
  hosts = [
    hostOf({ folders: [folder.path, '/nowhere'], startTimeoutMs: 1_500, ...once }, { logger }),
    hostOf({ folders: [slowFolder.path], connectTimeoutMs: 1_500, ...once }, { logger }),
  ];
  await Promise.all(hosts.map((host) => host.start()));
}, 60_000);
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  folder.remove();
  slowFolder.remove();
});

const all = [
  ...[...Object.entries(SHELL), ...Object.entries(NODE)].map(
    ([name, [, cause]]) => [`executor-${name}`, cause] as const,
  ),
  ...Object.entries(PROCESSORS).map(([name, [, cause]]) => [`processor-${name}`, cause] as const),
  ['executor-elf', /the program cannot be executed|exit status/] as const,
];

it.each(all)('%s is down and says why', async (id, cause) => {
  const status = hosts.flatMap((host) => host.status()).find((one) => one.id === id);
  expect(status).toMatchObject({ state: 'backoff', issue: `plugin ${id} did not start` });
  expect(status!.error).toMatch(new RegExp(`^plugin ${id} `));
  expect(status!.error).toMatch(cause);
  const executor = executorOf(id);
  if (!executor) return;
  const { success, error, reason } = await run(executor, { key: 'value' });
  expect({ success, reason }).toEqual({ success: false, reason: 'executor' });
  expect(error).toMatch(new RegExp(`^plugin ${id} is unavailable: plugin ${id} `));
  expect(error).toMatch(cause);
});

describe('beside them', () => {
  it('what is no program is passed over', () => {
    const names = passedOver.map((fields) => String(fields?.['path']).slice(folder.path.length + 1));
    expect(names.toSorted()).toEqual(['dkron-executor-folder', 'dkron-executor-readme.md']);
    expect(executorOf('executor-folder')).toBe(undefined);
  });

  it('one that speaks no gRPC is down and says why', async () => {
    const error = (): string | undefined => hosts[1]!.status().find(({ id }) => id === 'executor-no-grpc')?.error;
    const text = 'plugin executor-no-grpc has exited: its broker ended: it answered with HTTP status 503';
    await expect.poll(error, { timeout: 20_000 }).toBe(text);
  });

  it('answers that are rubbish fail their run, and name the plugin', async () => {
    for (const [, text] of ANSWERS) {
      const { success, error } = await run(executorOf('executor-garbled'), {});
      expect([success, error.startsWith('plugin executor-garbled: ')]).toEqual([false, true]);
      expect(error).toMatch(text);
    }
    expect(hosts[1]!.status().find(({ id }) => id === 'executor-garbled')?.state).toBe('ready');
  });

  it('a good plugin runs', async () => {
    expect((await run(executorOf('executor-good'), { text: 'fine' })).output).toBe('fine');
  });
});

function executorOf(id: string): HostedExecutor | undefined {
  return hosts.flatMap(({ executors }) => executors).find(({ name }) => `executor-${name}` === id);
}
