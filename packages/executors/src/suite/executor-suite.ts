import { assert, silentLogger } from '@dkron/runtime';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '../types.ts';

type Config = Readonly<Record<string, string>>;

/** The two functions of a test runner that the suite uses. */
export interface ExecutorSuiteRunner {
  readonly describe: (title: string, body: () => void) => void;
  readonly it: (title: string, body: () => Promise<void>) => void;
}

/** One executor and configurations that make it do known things. */
export interface ExecutorSuiteOptions {
  readonly name: string;
  readonly executor: () => Executor;
  /** Succeeds with exactly this output. */
  readonly printing: (text: string) => Config;
  readonly failing: () => Config;
  /** Cannot even begin. */
  readonly broken: () => Config;
  /** Prints `started`, then goes on for at least a minute. */
  readonly endless: () => Config;
}

const AT_ONCE = 20;
const SHORT_MS = 150;
const GRACE_MS = 2_000;

export function executorSuite(runner: ExecutorSuiteRunner, options: ExecutorSuiteOptions): void {
  const { describe, it } = runner;
  const run = (config: Config, more?: RunOptions): Promise<RunOutcome> => runOnce(options.executor(), config, more);
  describe(`executor contract: ${options.name}`, () => {
    it('has its name', async () => {
      assert(options.executor().name === options.name, `named ${options.executor().name}`);
    });

    it('succeeds with the whole output and no error', async () => {
      const { result, text } = await run(options.printing('hello'));
      expectResult(result, { success: true });
      assert(text === 'hello', `output ${JSON.stringify(text)}`);
    });

    it('ignores unknown keys and leaves the configuration alone', async () => {
      const { result } = await run(Object.freeze({ ...options.printing('x'), mem_limit_kb: '5', project: 'p' }));
      expectResult(result, { success: true });
    });

    it('reports a failure as a result', async () => {
      expectResult((await run(options.failing())).result, { success: false });
    });

    it('reports what cannot begin as a result', async () => {
      expectResult((await run(options.broken())).result, { success: false, reason: 'executor' });
      expectResult((await run({})).result, { success: false, reason: 'executor' });
    });

    it('ends as cancelled when the signal aborts', async () => {
      const stop = new AbortController();
      const { result } = await run(options.endless(), { signal: stop.signal, onOutput: () => stop.abort() });
      expectResult(result, { success: false, reason: 'cancelled' });
    });

    it('does not begin when the signal aborted before', async () => {
      const { result, text } = await run(options.printing('never'), { signal: AbortSignal.abort() });
      expectResult(result, { success: false, reason: 'cancelled' });
      assert(text === '', 'there was output');
    });

    it('ends at the time limit of the attempt', async () => {
      const { result } = await run(options.endless(), { timeoutMs: SHORT_MS });
      expectResult(result, { success: false, reason: 'timeout' });
    });

    it('keeps concurrent attempts apart', async () => {
      const executor = options.executor();
      const texts = Array.from({ length: AT_ONCE }, (_unused, i) => `attempt ${i}`);
      const outcomes = await Promise.all(texts.map((text) => runOnce(executor, options.printing(text))));
      outcomes.forEach(({ text }, i) => assert(text === texts[i], `attempt ${i} printed ${JSON.stringify(text)}`));
    });
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
}

async function runOnce(executor: Executor, config: Config, options: RunOptions = {}): Promise<RunOutcome> {
  const chunks: Uint8Array[] = [];
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
    logger: silentLogger,
    output: (chunk) => {
      assert(!over, 'output after the result');
      chunks.push(chunk);
      options.onOutput?.();
    },
  };
  const result = await executor.execute(request, context);
  over = true;
  const decoder = new TextDecoder();
  return { result, text: chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode() };
}

function expectResult(result: ExecuteResult, expected: Pick<ExecuteResult, 'success' | 'reason'>): void {
  const shown = JSON.stringify(result);
  assert(result.success === expected.success, `unexpected result ${shown}`);
  assert((result.error === '') === result.success, `error text does not fit success: ${shown}`);
  assert(!result.error.includes('\n'), `error of several lines: ${shown}`);
  assert((result.reason === undefined) === result.success, `reason does not fit success: ${shown}`);
  if (expected.reason !== undefined) assert(result.reason === expected.reason, `reason of ${shown}`);
}
