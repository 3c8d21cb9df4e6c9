import { assert, messageOf } from '@dkron/runtime';
import type { Processor, ProcessorConfig } from '../types.ts';
import { afterAbort, inputOf, LogText, run, same, textOf } from './calls.ts';

/** The two functions of a test runner that the suite uses. */
export interface ProcessorSuiteRunner {
  readonly describe: (title: string, body: () => void) => void;
  readonly it: (title: string, body: () => Promise<void>) => void;
}

/** A processor and settings that make it do one known thing. */
export interface ProcessorCase {
  readonly make: () => Processor | Promise<Processor>;
  readonly config: ProcessorConfig;
}

export interface ProcessorSuiteOptions {
  /** A processor that may be used for one test. */
  readonly make: () => Processor | Promise<Processor>;
  readonly name: string;
  /** Settings with which it succeeds. @default {} */
  readonly config?: ProcessorConfig;
  /** False when it has no key `forward`. @default true */
  readonly forwards?: boolean;
  /** Settings that are wrong, by the key that is to blame. */
  readonly badConfigs?: Readonly<Record<string, ProcessorConfig>>;
  /** What it sends to refuses or is not there: it has to fail, or to log a warning or an error. */
  readonly failing?: ProcessorCase;
  /** What it sends to takes the connection and never answers. */
  readonly hanging?: ProcessorCase;
  /** Texts inside the settings of all cases that must appear in no output, log or error. */
  readonly secrets?: readonly string[];
}

const RUNS_AT_ONCE = 20;

/**
 * The contract of a processor, for a test runner with `describe` and `it`. Cases that an implementation does not name
 * are left out: `badConfigs`, `failing`, `hanging` and `secrets` belong to every processor that sends something.
 */
export function processorSuite(runner: ProcessorSuiteRunner, options: ProcessorSuiteOptions): void {
  runner.describe(`processor contract: ${options.name}`, () => {
    results(runner, options);
    if (options.forwards !== false) forwarding(runner, options);
    failures(runner, options);
    stopping(runner, options);
  });
}

function results({ it }: ProcessorSuiteRunner, options: ProcessorSuiteOptions): void {
  // When it is asked for: a port may be known only then.
  const config = (): ProcessorConfig => options.config ?? {};
  it('has its name', async () => {
    const processor = await options.make();
    assert(processor.name === options.name, `named ${processor.name}`);
  });

  it('returns bytes and leaves its input alone', async () => {
    const processor = await options.make();
    const input = inputOf('one', 'hello\n\u0000world');
    const before = Uint8Array.from(input.output);
    const output = await run(processor, input, Object.freeze({ ...config() }));
    assert(output instanceof Uint8Array, 'no bytes returned');
    assert(same(input.output, before), 'the input was changed');
  });

  it('takes an empty output of a failed run', async () => {
    const output = await run(await options.make(), { ...inputOf('two', ''), success: false }, config());
    assert(output instanceof Uint8Array, 'no bytes returned');
  });

  it('takes bytes that are no text, and facts that are not known', async () => {
    const input = { ...inputOf('bytes', ''), output: Uint8Array.from([0, 0xff, 0xfe, 0x80, 10]) };
    assert((await run(await options.make(), input, config())) instanceof Uint8Array, 'no bytes returned');
  });

  it('ignores keys it does not know', async () => {
    const output = await run(await options.make(), inputOf('keys', 'x'), { ...config(), nobody_knows_this: 'x' });
    assert(output instanceof Uint8Array, 'no bytes returned');
  });

  it('describes its keys, if it does', async () => {
    const { configSchema } = await options.make();
    if (configSchema === undefined) return;
    const read = configSchema.safeParse(config());
    assert(read.success, `its schema refuses its own settings: ${read.error?.message}`);
    assert(!configSchema.safeParse({ ...config(), nobody_knows_this: 'x' }).success, 'its schema takes unknown keys');
  });
}

function forwarding({ it }: ProcessorSuiteRunner, options: ProcessorSuiteOptions): void {
  // When it is asked for: a port may be known only then.
  const config = (): ProcessorConfig => options.config ?? {};
  it('keeps the output with forward, replaces it without', async () => {
    const processor = await options.make();
    const input = inputOf('three', 'kept');
    const kept = await run(processor, input, { ...config(), forward: 'true' });
    const replaced = await run(processor, input, config());
    assert(same(kept, input.output), 'forward: true lost the output');
    assert(!same(replaced, input.output), 'the output was kept without forward');
  });

  it('G-E6: keeps the settings of concurrent calls apart', async () => {
    const processor = await options.make();
    const outputs = await Promise.all(
      Array.from({ length: RUNS_AT_ONCE }, (_unused, i) =>
        run(processor, inputOf(`at-once-${i}`, `output ${i}`), {
          ...config(),
          forward: i % 2 === 0 ? 'true' : 'false',
        }),
      ),
    );
    outputs.forEach((output, i) => {
      const kept = same(output, inputOf('', `output ${i}`).output);
      assert(kept === (i % 2 === 0), `call ${i} used another call's settings`);
    });
  });
}

function failures({ it }: ProcessorSuiteRunner, options: ProcessorSuiteOptions): void {
  const { badConfigs = {}, failing, secrets = [] } = options;
  for (const [key, bad] of Object.entries(badConfigs)) {
    it(`names itself and the key when ${key} is wrong`, async () => {
      const log = new LogText();
      const { error } = await outcome(await options.make(), bad, log);
      assert(error !== undefined, 'it succeeded');
      assertOneLine(error);
      assert(error.includes(options.name), `the error does not name the processor: ${error}`);
      assert(error.includes(key), `the error does not name ${key}: ${error}`);
      assertSecret(secrets, [error, log.text]);
    });
  }

  if (failing !== undefined) {
    it('reports what it could not deliver, and goes on with the next', async () => {
      const log = new LogText();
      const { error, output } = await outcome(await failing.make(), failing.config, log);
      if (error !== undefined) assertOneLine(error);
      assert(error !== undefined || log.warnings > 0, 'it succeeded, and logged nothing');
      assertSecret(secrets, [error ?? '', output, log.text]);
    });
  }

  if (secrets.length > 0) {
    it('shows no secrets when it succeeds', async () => {
      const log = new LogText();
      const { output, error } = await outcome(await options.make(), options.config ?? {}, log);
      assert(error === undefined, `it failed: ${error}`);
      assertSecret(secrets, [output, log.text]);
    });
  }
}

function stopping({ it }: ProcessorSuiteRunner, options: ProcessorSuiteOptions): void {
  const { hanging } = options;
  it('does not hang when it is stopped before it begins', async () => {
    await afterAbort(await options.make(), options.config ?? {}, 'at once');
  });

  if (hanging === undefined) return;
  it('gives up soon after it is stopped', async () => {
    const settled = await afterAbort(await hanging.make(), hanging.config, 'later');
    assert(settled === 'rejected', 'it succeeded although nobody answered');
  });
}

interface Outcome {
  readonly output: string;
  readonly error?: string;
}

async function outcome(processor: Processor, config: ProcessorConfig, log: LogText): Promise<Outcome> {
  try {
    const output = await run(processor, inputOf('outcome', 'the output'), config, { logger: log.logger });
    return { output: textOf(output) };
  } catch (error) {
    return { output: '', error: messageOf(error) };
  }
}

function assertOneLine(text: string): void {
  assert(text !== '' && !text.includes('\n'), `an error is one line: ${JSON.stringify(text)}`);
}

function assertSecret(secrets: readonly string[], shown: readonly string[]): void {
  for (const secret of secrets)
    for (const text of shown) assert(!text.includes(secret), `a secret is shown: ${text.replace(secret, '<secret>')}`);
}
