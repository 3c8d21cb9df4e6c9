import { assert, type Fields, type Logger } from '@dkron/runtime';
import { checkConfig, secretsOf } from '../kit/config-schema.ts';
import { OutputRing } from '../output-ring.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '../types.ts';

type Config = Readonly<Record<string, string>>;

/** The two functions of a test runner that the suite uses. */
export interface ExecutorSuiteRunner {
  readonly describe: (title: string, body: () => void) => void;
  readonly it: (title: string, body: () => Promise<void>) => void;
}

/** One executor and configurations that make it do known things. What is absent is not judged. */
export interface ExecutorSuiteOptions {
  readonly name: string;
  readonly executor: () => Executor;
  /**
   * Succeeds with exactly this output. Executors whose output is not theirs to choose give `succeeding` instead.
   */
  readonly printing?: (text: string) => Config;
  /** Succeeds, and its output is this or fits it. */
  readonly succeeding?: { readonly config: () => Config; readonly output: string | RegExp };
  /** Begins and ends as a failure. */
  readonly failing?: () => Config;
  /** Cannot even begin. */
  readonly broken: () => Config;
  /** Goes on for at least a minute; prints something at once, unless `begun` tells when it goes on. */
  readonly endless: () => Config;
  /** Resolves when the attempt of `endless` that was started last is under way. */
  readonly begun?: () => Promise<void>;
  /** Prints these texts one after another, with a pause long enough to tell them apart, and succeeds. */
  readonly pieces?: (texts: readonly string[]) => Config;
  /** Prints at least so many bytes and, as the last ones, this text, and succeeds. */
  readonly flooding?: (bytes: number, end: string) => Config;
  /** Configurations that cannot work, with what the error says. */
  readonly badConfigs?: readonly { readonly title: string; readonly config: () => Config; readonly error: RegExp }[];
  /**
   * Configurations that hold this secret; what comes of them does not matter. Neither output, nor error, nor log may show
   * it.
   */
  readonly secrets?: readonly { readonly title: string; readonly config: (secret: string) => Config }[];
}

const AT_ONCE = 20;
const SHORT_MS = 150;
const GRACE_MS = 2_000;
const FLOOD_BYTES = 4_000_000;
/** Enough to fail; the point is what is said, not when. */
const SECRET_RUN_MS = 5_000;
const SECRET = 'hunter2-Sesame';
const PIECES = ['one ', 'two ', 'three '];

export function executorSuite(runner: ExecutorSuiteRunner, options: ExecutorSuiteOptions): void {
  const { describe, it } = runner;
  const { printing, succeeding, failing } = options;
  assert(printing !== undefined || succeeding !== undefined, 'the suite needs printing or succeeding');
  const run = (config: Config, more?: RunOptions): Promise<RunOutcome> => runOnce(options.executor(), config, more);
  describe(`executor contract: ${options.name}`, () => {
    it('has its name', async () => {
      assert(options.executor().name === options.name, `named ${options.executor().name}`);
    });

    if (printing !== undefined) printingTests(runner, options, printing, run);

    if (succeeding !== undefined) {
      it('succeeds with its output and no error', async () => {
        const { result, text } = await run(Object.freeze(succeeding.config()));
        expectResult(result, { success: true });
        expectText(text, succeeding.output);
      });

      it('keeps concurrent attempts apart', async () => {
        const executor = options.executor();
        const all = await Promise.all(Array.from({ length: AT_ONCE }, () => runOnce(executor, succeeding.config())));
        for (const { result, text } of all) {
          expectResult(result, { success: true });
          expectText(text, succeeding.output);
        }
      });
    }

    it('ignores unknown keys and leaves the configuration alone', async () => {
      const config = printing?.('x') ?? succeeding?.config() ?? {};
      const { result } = await run(Object.freeze({ ...config, mem_limit_kb: '5', project: 'p' }));
      expectResult(result, { success: true });
    });

    if (failing !== undefined) {
      it('reports a failure as a result', async () => {
        expectResult((await run(failing())).result, { success: false });
      });
    }

    it('reports what cannot begin as a result', async () => {
      expectResult((await run(options.broken())).result, { success: false, reason: 'executor' });
      expectResult((await run({})).result, { success: false, reason: 'executor' });
    });

    for (const { title, config, error } of options.badConfigs ?? []) {
      it(`bad configuration: ${title}`, async () => {
        const { result } = await run(config());
        expectResult(result, { success: false });
        assert(error.test(result.error), `error text ${JSON.stringify(result.error)}`);
      });
    }

    for (const { title, config } of options.secrets ?? []) {
      it(`shows no secret: ${title}`, async () => {
        const { result, text, log } = await run(config(SECRET), { timeoutMs: SECRET_RUN_MS });
        assert(!text.includes(SECRET), 'the output shows the secret');
        assert(!result.error.includes(SECRET), 'the error shows the secret');
        assert(!log.includes(SECRET), 'the log shows the secret');
      });
    }

    schemaTests(runner, options);

    it('ends as cancelled when the signal aborts', async () => {
      const stop = new AbortController();
      const running = run(options.endless(), {
        signal: stop.signal,
        ...(options.begun === undefined && { onOutput: () => stop.abort() }),
      });
      void options.begun?.().then(() => stop.abort());
      expectResult((await running).result, { success: false, reason: 'cancelled' });
    });

    it('does not begin when the signal aborted before', async () => {
      const config = printing?.('never') ?? succeeding?.config() ?? {};
      const { result, text } = await run(config, { signal: AbortSignal.abort() });
      expectResult(result, { success: false, reason: 'cancelled' });
      assert(text === '', 'there was output');
    });

    it('ends at the time limit of the attempt', async () => {
      const { result } = await run(options.endless(), { timeoutMs: SHORT_MS });
      expectResult(result, { success: false, reason: 'timeout' });
    });
  });
}

function printingTests(
  { it }: ExecutorSuiteRunner,
  options: ExecutorSuiteOptions,
  printing: (text: string) => Config,
  run: (config: Config) => Promise<RunOutcome>,
): void {
  it('succeeds with the whole output and no error', async () => {
    const { result, text } = await run(printing('hello'));
    expectResult(result, { success: true });
    expectText(text, 'hello');
  });

  it('keeps concurrent attempts apart', async () => {
    const executor = options.executor();
    const texts = Array.from({ length: AT_ONCE }, (_unused, i) => `attempt ${i}`);
    const outcomes = await Promise.all(texts.map((text) => runOnce(executor, printing(text))));
    outcomes.forEach(({ text }, i) => assert(text === texts[i], `attempt ${i} printed ${JSON.stringify(text)}`));
  });

  const { pieces, flooding } = options;
  if (pieces !== undefined) {
    it('reports progress as it appears, in order', async () => {
      const { result, text, chunks } = await run(pieces(PIECES));
      expectResult(result, { success: true });
      expectText(text, PIECES.join(''));
      assert(chunks > 1, 'all output came in one piece');
    });
  }

  if (flooding !== undefined) {
    it('prints more than is kept, and the end of it is kept', async () => {
      const { result, ring } = await run(flooding(FLOOD_BYTES, 'the end'));
      expectResult(result, { success: true });
      assert(ring.totalBytes >= FLOOD_BYTES, `${ring.totalBytes} bytes of output`);
      const tail = new TextDecoder().decode(ring.tail());
      assert(tail.endsWith('the end'), 'the end of the output is missing');
      assert(ring.lostBytes > 0, 'all of it was kept');
    });
  }
}

/** An executor that says what its configuration may hold accepts by it what it accepts, and names what it does not know. */
function schemaTests({ it }: ExecutorSuiteRunner, options: ExecutorSuiteOptions): void {
  it('has a schema that fits what it takes', async () => {
    const schema = options.executor().configSchema;
    if (schema === undefined) return;
    const config = options.printing?.('x') ?? options.succeeding?.config() ?? {};
    const problems = checkConfig(schema, config);
    assert(problems.length === 0, `the schema refuses what works: ${JSON.stringify(problems)}`);
    const [unknown, ...more] = checkConfig(schema, { ...config, no_such_key: 'x' });
    assert(unknown?.key === 'no_such_key' && unknown.code === 'unknown', 'the schema takes an unknown key');
    assert(more.length === 0, 'one unknown key is several problems');
    for (const secret of options.secrets ?? []) {
      const held = secret.config(SECRET);
      const marked = secretsOf(schema, held).some((value) => value.includes(SECRET));
      assert(marked, `no key that holds the secret is marked as one: ${secret.title}`);
    }
    await Promise.resolve();
  });
}

interface RunOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly onOutput?: () => void;
}

interface RunOutcome {
  readonly result: ExecuteResult;
  readonly text: string;
  readonly chunks: number;
  readonly ring: OutputRing;
  /** All that was logged, as text. */
  readonly log: string;
}

async function runOnce(executor: Executor, config: Config, options: RunOptions = {}): Promise<RunOutcome> {
  const chunks: Uint8Array[] = [];
  const ring = new OutputRing();
  const log: string[] = [];
  let over = false;
  const request: ExecuteRequest = {
    jobName: 'suite',
    executionId: '1700000000000000000-node-a',
    attempt: 1,
    config,
    killGraceMs: GRACE_MS,
    ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
  };
  const context: ExecuteContext = {
    signal: options.signal ?? new AbortController().signal,
    logger: logInto(log),
    output: (chunk) => {
      assert(!over, 'output after the result');
      chunks.push(chunk);
      ring.write(chunk);
      options.onOutput?.();
    },
  };
  const result = await executor.execute(request, context);
  over = true;
  const decoder = new TextDecoder();
  const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
  return { result, text, chunks: chunks.length, ring, log: log.join('\n') };
}

function logInto(lines: string[]): Logger {
  const add = (event: string, fields?: Fields): void => void lines.push(event, inspect(fields));
  const logger: Logger = { child: (fields) => (add('', fields), logger), debug: add, info: add, warn: add, error: add };
  return logger;
}

/** Errors too: JSON alone shows nothing of them. */
function inspect(fields: Fields = {}): string {
  return JSON.stringify(fields, (_key, value: unknown) =>
    value instanceof Error
      ? { message: value.message, stack: value.stack }
      : typeof value === 'bigint'
        ? `${value}`
        : value,
  );
}

function expectText(text: string, expected: string | RegExp): void {
  const fits = typeof expected === 'string' ? text === expected : expected.test(text);
  assert(fits, `output ${JSON.stringify(text)}`);
}

function expectResult(result: ExecuteResult, expected: Pick<ExecuteResult, 'success' | 'reason'>): void {
  const shown = JSON.stringify(result);
  assert(result.success === expected.success, `unexpected result ${shown}`);
  assert((result.error === '') === result.success, `error text does not fit success: ${shown}`);
  assert(!result.error.includes('\n'), `error of several lines: ${shown}`);
  assert((result.reason === undefined) === result.success, `reason does not fit success: ${shown}`);
  if (expected.reason !== undefined) assert(result.reason === expected.reason, `reason of ${shown}`);
}
