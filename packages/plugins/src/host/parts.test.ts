import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, status } from '@grpc/grpc-js';
import type { Logger, LogLevel } from '@dkron/runtime';
import { silentLogger } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asIs } from '../../test/raw-grpc.ts';
import { PluginError } from '../errors.ts';
import type { StatusUpdate } from '../wire/grpc/messages.ts';
import { statusUpdateCodec } from '../wire/grpc/messages.ts';
import { Callbacks } from './callbacks.ts';
import { discoverPlugins } from './discover.ts';
import { pluginEnvironment } from './environment.ts';
import type { PluginState } from './life-cycle.ts';
import { LifeCycle } from './life-cycle.ts';
import { PluginLog } from './plugin-log.ts';
import type { PluginProcess } from './plugin-process.ts';
import { ReportedOutput } from './run-output.ts';
import type { PluginSession } from './session.ts';

type Line = readonly [level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>];

function recordingLogger(): { readonly lines: Line[]; readonly logger: Logger } {
  const lines: Line[] = [];
  const log =
    (level: LogLevel) =>
    (event: string, fields = {}): void =>
      void lines.push([level, event, fields]);
  const logger: Logger = {
    ...silentLogger,
    child: () => logger,
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
  };
  return { lines, logger };
}

describe('discoverPlugins', () => {
  it('takes programs by their names, the later folder, and the name up to .exe', () => {
    const [first, second] = ['a', 'b'].map(() => mkdtempSync(join(tmpdir(), 'discover-')));
    const add = (folder: string, name: string): string => {
      writeFileSync(join(folder, name), '#!/bin/sh\n');
      chmodSync(join(folder, name), 0o755);
      return join(folder, name);
    };
    for (const name of ['dkron-executor-one', 'dkron-executor-', 'dkron-thing-x', 'dkron']) add(first!, name);
    const one = add(second!, 'dkron-executor-one');
    const dashes = add(second!, 'dkron-processor-my-own-thing.exe');
    symlinkSync(one, join(second!, 'dkron-executor-link'));
    symlinkSync('/nowhere', join(second!, 'dkron-executor-broken'));
    mkdirSync(join(second!, 'dkron-executor-folder'));
    const { lines, logger } = recordingLogger();
    expect(discoverPlugins([first!, second!, '/nowhere'], logger)).toEqual([
      { kind: 'executor', name: 'link', path: join(second!, 'dkron-executor-link') },
      { kind: 'executor', name: 'one', path: one },
      { kind: 'processor', name: 'my-own-thing', path: dashes },
    ]);
    expect(lines.map(([level, , { why }]) => [level, why])).toEqual([
      ['warn', expect.stringContaining('ENOENT')],
      ['warn', 'not a file'],
    ]);
    for (const folder of [first, second]) rmSync(folder!, { recursive: true });
  });
});

describe('pluginEnvironment', () => {
  const own = {
    PATH: '/bin',
    DKRON_ENCRYPT: 'secret',
    MY_TOKEN: 't',
    LC_ALL: 'C',
    https_proxy: 'p',
    PLUGIN_CLIENT_CERT: 'c',
    TMPDIR: '/elsewhere',
  };
  const said = {
    DKRON_PLUGIN_MAGIC_COOKIE: expect.any(String) as string,
    PLUGIN_MIN_PORT: '10000',
    PLUGIN_MAX_PORT: '25000',
    PLUGIN_PROTOCOL_VERSIONS: '1',
    PLUGIN_UNIX_SOCKET_DIR: '/run/x',
    TMPDIR: '/run/x',
  };

  it('hands on what programs need, what is named, and what hosts say', () => {
    expect(pluginEnvironment(own, ['MY_TOKEN'], '/run/x', [1])).toEqual({
      PATH: '/bin',
      LC_ALL: 'C',
      https_proxy: 'p',
      MY_TOKEN: 't',
      ...said,
    });
  });

  it('hands on all when told to, as the original, without what another host said', () => {
    const { PLUGIN_CLIENT_CERT: _cert, ...rest } = own;
    expect(pluginEnvironment(own, ['*'], '/run/x', [1])).toEqual({ ...rest, ...said });
  });
});

describe('PluginLog', () => {
  function logOf(
    text: string | Uint8Array,
    stream: 'stdout' | 'stderr' = 'stderr',
  ): { lines: Line[]; lastWords: string } {
    const { lines, logger } = recordingLogger();
    const log = new PluginLog({ logger, timers: new ManualTime() });
    log[stream](typeof text === 'string' ? Buffer.from(text) : text);
    log.end();
    return { lines, lastWords: log.lastWords };
  }

  it('reads entries of hclog, with their level and fields', () => {
    const entry = { '@level': 'WARN', '@message': 'late', '@timestamp': 't', '@module': 'm', job: 'j', n: 5 };
    expect(logOf(`${JSON.stringify(entry)}\n{"@level":"trace","@message":"x"}\n`).lines).toEqual([
      ['warn', 'late', { module: 'm', job: 'j', n: 5, timestamp: 't' }],
    ]);
  });

  it.each([
    ['{"@level":"info","@message":5}', 'debug'],
    ['{"@level":"loud","@message":"x"}', 'debug'],
    ['{"no":"entry"}', 'debug'],
    ['{broken', 'debug'],
    ['[ERROR] failed', 'error'],
    ['[WARN]  odd', 'warn'],
    ['2026/01/01 text', 'debug'],
  ])('%s is a line of %s', (text, level) => {
    expect(logOf(text).lines.map(([found, event]) => [found, event])).toEqual([[level, text]]);
  });

  it('takes everything from a panic on as errors, and its first line as last words', () => {
    const { lines, lastWords } = logOf('before\npanic: oh no\n\ngoroutine 1 [running]:\n');
    expect(lines.map(([level, event]) => [level, event])).toEqual([
      ['debug', 'before'],
      ['error', 'panic: oh no'],
      ['error', 'goroutine 1 [running]:'],
    ]);
    expect(lastWords).toBe('panic: oh no');
  });

  it('gives long lines in pieces, and only counts what is too much', () => {
    const { lines } = logOf(`${'x'.repeat(200_000)}\ny\n`);
    expect(lines.map(([level, event]) => [level, event.length])).toEqual([
      ['debug', 65_536],
      ['debug', 65_536],
      ['debug', 65_536],
      ['debug', 3_392],
      ['debug', 1],
    ]);
    const flood = logOf('line\n'.repeat(2_000)).lines;
    expect(flood).toHaveLength(501);
    expect(flood.at(-1)).toEqual(['warn', 'plugin: prints too much, lines left out', { lines: 1_500 }]);
  });

  it('reads any bytes in any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (pieces) => {
        const { logger, lines } = recordingLogger();
        const log = new PluginLog({ logger, timers: new ManualTime() });
        for (const piece of pieces) log.stderr(piece);
        log.end();
        const whole = logOf(Buffer.concat(pieces)).lines;
        expect(lines).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });
});

describe('ReportedOutput', () => {
  function missing(reported: readonly string[], answer: string): string {
    const output = new ReportedOutput();
    for (const text of reported) output.add(Buffer.from(text));
    return Buffer.from(output.missing(Buffer.from(answer))).toString();
  }

  it.each([
    [[], 'all', 'all'],
    [['a', 'b'], 'ab', ''],
    [['a', 'b'], 'abc', 'c'],
    [['50%'], 'done', 'done'],
    [['done'], '', ''],
    [['ab'], 'b', 'b'],
  ])('%j and then %j adds %j', (reported, answer, added) => {
    expect(missing(reported, answer)).toBe(added);
  });

  it('knows the end of a long output', () => {
    const text = Array.from({ length: 60_000 }, (_, i) => `line ${i}\n`).join('');
    const pieces = text.match(/[^]{1,4096}/g)!;
    expect(missing(pieces, text.slice(-256_000))).toBe('');
    expect(missing(pieces, `${text.slice(-255_000)}more`)).toHaveLength(255_004);
  });
});

describe('Callbacks', () => {
  const PATH = '/types.v1.StatusHelperService/Update';

  async function withRun(
    body: (tools: {
      say: (bytes: Uint8Array, path?: string) => Promise<number>;
      got: StatusUpdate[];
      close: () => void;
    }) => Promise<void>,
  ): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'callbacks-'));
    const callbacks = new Callbacks(
      { updateBytesMax: 100, updatesPerSecondMax: 5 },
      { timers: systemTimers, directory: folder },
    );
    const got: StatusUpdate[] = [];
    const listener = await callbacks.listen((update) => got.push(update));
    const client = new Client(`unix:${listener.address}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    const say = (bytes: Uint8Array, path = PATH): Promise<number> =>
      new Promise((resolve) => {
        client.makeUnaryRequest(path, asIs, asIs, Buffer.from(bytes), (error) => resolve(error ? error.code : 0));
      });
    await body({ say, got, close: () => listener.close(false) });
    listener.close(false);
    client.close();
    rmSync(folder, { recursive: true });
  }
  const update = (text: string, error = false): Uint8Array =>
    statusUpdateCodec.encode({ output: Buffer.from(text), error });

  it('takes updates under both names and answers nothing', async () => {
    await withRun(async ({ say, got }) => {
      expect([
        await say(update('a')),
        await say(update('b', true), '/types.StatusHelper/Update'),
        await say(Buffer.of()),
      ]).toEqual([0, 0, 0]);
      expect(got.map(({ output, error }) => [Buffer.from(output).toString(), error])).toEqual([
        ['a', false],
        ['b', true],
        ['', false],
      ]);
    });
  });

  it('refuses what is too large, unreadable or unknown, and goes on', async () => {
    await withRun(async ({ say, got }) => {
      expect(await say(update('x'.repeat(101)))).toBe(status.RESOURCE_EXHAUSTED);
      expect(await say(Buffer.of(0x12, 0x7f))).toBe(status.INVALID_ARGUMENT);
      expect(await say(update('a'), '/types.v1.Other/Update')).toBe(status.UNIMPLEMENTED);
      expect(await say(update('fine'))).toBe(0);
      expect(got).toHaveLength(1);
    });
  });

  it('makes who reports too fast wait, and loses nothing', async () => {
    await withRun(async ({ say, got }) => {
      await Promise.all(Array.from({ length: 12 }, (_, i) => say(update(String(i)))));
      expect(got.map(({ output }) => Number(Buffer.from(output))).toSorted((a, b) => a - b)).toEqual([
        ...Array(12).keys(),
      ]);
    });
  });

  it('takes nothing once the run is over', async () => {
    await withRun(async ({ say, got, close }) => {
      await say(update('a'));
      close();
      expect(await say(update('late'))).toBe(status.UNAVAILABLE);
      expect(got).toHaveLength(1);
    });
  });
});

describe('sockets of Callbacks', () => {
  it('serve the next run when the plugin says that it never connects, and did not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'callbacks-'));
    const limits = { updateBytesMax: 100, updatesPerSecondMax: 5 };
    const callbacks = new Callbacks(limits, { timers: systemTimers, directory: folder });
    const first = await callbacks.listen(() => {});
    first.close(true);
    const second = await callbacks.listen(() => {});
    expect(second.address).toBe(first.address);
    const socket = connect(second.address);
    await once(socket, 'data');
    second.close(true);
    const third = await callbacks.listen(() => {});
    expect(third.address).not.toBe(first.address);
    socket.destroy();
    third.close(true);
    callbacks.close();
    rmSync(folder, { recursive: true });
  });
});

describe('LifeCycle', () => {
  const OPTIONS = {
    id: 'executor-x',
    healthIntervalMs: 1_000,
    healthTimeoutMs: 500,
    restartDelayMs: 100,
    restartDelayMaxMs: 1_000,
    stableAfterMs: 60_000,
    crashesMax: 4,
    crashWindowMs: 100_000,
    waitMs: 5_000,
    memoryBytesMax: 0,
  };

  /** A plugin that ends when told to, and answers pings while `answers`. */
  class FakePlugin implements PluginSession {
    readonly broken = new Promise<Error>(() => {});
    readonly exit = Promise.withResolvers<string>();
    answers = true;
    pings = 0;
    readonly process = {
      exited: this.exit.promise,
      lastWords: '',
      pid: 1,
      kill: () => this.exit.resolve('signal SIGKILL'),
    } as unknown as PluginProcess;
    async ping(): Promise<void> {
      this.pings += 1;
      if (!this.answers) throw new PluginError('PLUGIN_CALL', 'no answer');
    }
    async shutdown(): Promise<void> {
      this.exit.resolve('exit status 0');
    }
    close(): void {}
  }

  function make() {
    const time = new ManualTime();
    const plugins: FakePlugin[] = [];
    const states: PluginState[] = [];
    let refusal: Error | undefined;
    const lifeCycle = new LifeCycle<FakePlugin>(OPTIONS, {
      clock: time,
      timers: time,
      random: seededRandom(1),
      logger: silentLogger,
      changed: (state) => states.push(state),
      start: async () => {
        if (refusal) throw refusal;
        const session = new FakePlugin();
        plugins.push(session);
        return { process: session.process, session };
      },
    });
    const turns = async (): Promise<void> => {
      for (let i = 0; i < 50; i++) await Promise.resolve();
    };
    const pass = async (ms: number): Promise<void> => {
      await time.advance(ms);
      await turns();
    };
    return { lifeCycle, plugins, states, turns, pass, refuse: (error: Error | undefined) => (refusal = error) };
  }

  it('starts, is used, and is started again after its end', async () => {
    const { lifeCycle, plugins, states, turns, pass } = make();
    await lifeCycle.launch();
    expect((await lifeCycle.use()).session).toBe(plugins[0]);
    plugins[0]!.exit.resolve('exit status 3');
    await turns();
    expect(lifeCycle.lastError?.message).toBe('plugin executor-x has exited: exit status 3');
    const next = lifeCycle.use();
    await pass(200);
    expect((await next).session).toBe(plugins[1]);
    expect(states).toEqual(['starting', 'ready', 'backoff', 'starting', 'ready']);
  });

  it('is ended and started again when it does not answer three times', async () => {
    const { lifeCycle, plugins, pass } = make();
    await lifeCycle.launch();
    plugins[0]!.answers = false;
    await pass(4_000);
    expect(plugins[0]!.pings).toBe(3);
    expect([lifeCycle.state, plugins.length]).toEqual(['ready', 2]);
  });

  it('rests after too many crashes, and tries once when it has rested', async () => {
    const { lifeCycle, plugins, pass, refuse } = make();
    refuse(new PluginError('PLUGIN_START', 'plugin executor-x did not start: why'));
    await lifeCycle.launch();
    await pass(5_000);
    expect(lifeCycle.state).toBe('failed');
    await expect(lifeCycle.use()).rejects.toThrow(
      'plugin executor-x is unavailable: plugin executor-x did not start: why',
    );
    await pass(99_000);
    expect([lifeCycle.state, plugins.length]).toEqual(['failed', 0]);
    await pass(2_000);
    expect(lifeCycle.state).toBe('failed');
    refuse(undefined);
    await pass(101_000);
    expect(lifeCycle.state).toBe('ready');
  });

  it('waits for one that comes up, not for one that did not start', async () => {
    const { lifeCycle, plugins, pass, refuse, turns } = make();
    await lifeCycle.launch();
    refuse(new PluginError('PLUGIN_START', 'no'));
    plugins[0]!.exit.resolve('exit status 3');
    await turns();
    const settled: string[] = [];
    void lifeCycle.use().catch((error: Error) => settled.push(error.message));
    await turns();
    expect(settled).toEqual([]);
    await pass(6_000);
    expect(settled).toEqual(['plugin executor-x is unavailable: no']);
    await expect(lifeCycle.use()).rejects.toThrow('unavailable: no');
  });

  it('ends for good', async () => {
    const { lifeCycle, plugins, pass } = make();
    await lifeCycle.launch();
    const stopped = lifeCycle.stop();
    await pass(100);
    await stopped;
    await pass(10_000);
    expect([lifeCycle.state, plugins.length]).toEqual(['stopped', 1]);
    await expect(lifeCycle.use()).rejects.toThrow('plugin executor-x is unavailable: it is stopped');
  });
});
