import { assert, silentLogger } from '@dkron/runtime';
import type { Processor, ProcessorConfig, ProcessorInput } from '../types.ts';

/** The two functions of a test runner that the suite uses. */
export interface ProcessorSuiteRunner {
  readonly describe: (title: string, body: () => void) => void;
  readonly it: (title: string, body: () => Promise<void>) => void;
}

export interface ProcessorSuiteOptions {
  /** A processor that may be used for one test. */
  readonly make: () => Processor | Promise<Processor>;
  readonly name: string;
  /** Settings with which it succeeds. @default {} */
  readonly config?: ProcessorConfig;
  /** False when it has no key `forward`. @default true */
  readonly forwards?: boolean;
}

const RUNS_AT_ONCE = 20;

export function processorSuite(runner: ProcessorSuiteRunner, options: ProcessorSuiteOptions): void {
  const { describe, it } = runner;
  const config = options.config ?? {};
  describe(`processor contract: ${options.name}`, () => {
    it('has its name', async () => {
      const processor = await options.make();
      assert(processor.name === options.name, `named ${processor.name}`);
    });

    it('returns bytes and leaves its input alone', async () => {
      const processor = await options.make();
      const input = inputOf('one', 'hello\n\u0000world');
      const before = Uint8Array.from(input.output);
      const frozen = Object.freeze({ ...config });
      const output = await processor.process(input, frozen, context());
      assert(output instanceof Uint8Array, 'no bytes returned');
      assert(same(input.output, before), 'the input was changed');
    });

    it('takes an empty output of a failed run', async () => {
      const processor = await options.make();
      const output = await processor.process({ ...inputOf('two', ''), success: false }, config, context());
      assert(output instanceof Uint8Array, 'no bytes returned');
    });

    if (options.forwards === false) return;
    it('keeps the output with forward, replaces it without', async () => {
      const processor = await options.make();
      const input = inputOf('three', 'kept');
      const kept = await processor.process(input, { ...config, forward: 'true' }, context());
      const replaced = await processor.process(input, config, context());
      assert(same(kept, input.output), 'forward: true lost the output');
      assert(!same(replaced, input.output), 'the output was kept without forward');
    });

    it('G-E6: keeps the settings of concurrent calls apart', async () => {
      const processor = await options.make();
      const outputs = await Promise.all(
        Array.from({ length: RUNS_AT_ONCE }, (_unused, i) => {
          const input = inputOf(`at-once-${i}`, `output ${i}`);
          return processor.process(input, { ...config, forward: i % 2 === 0 ? 'true' : 'false' }, context());
        }),
      );
      outputs.forEach((output, i) => {
        const kept = same(output, inputOf('', `output ${i}`).output);
        assert(kept === (i % 2 === 0), `call ${i} used another call's settings`);
      });
    });
  });
}

function inputOf(id: string, output: string): ProcessorInput {
  return {
    executionId: `1700000000000000000-${id}`,
    jobName: 'suite',
    nodeName: 'node-a',
    reportingNode: 'node-b',
    success: true,
    startedAt: '2026-01-01T00:00:00Z',
    output: new TextEncoder().encode(output),
  };
}

function context(): { signal: AbortSignal; logger: typeof silentLogger } {
  return { signal: new AbortController().signal, logger: silentLogger };
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
