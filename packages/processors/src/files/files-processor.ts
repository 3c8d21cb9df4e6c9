import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { forwardKey, optionalText } from '../config.ts';
import { forwardOr } from '../forward.ts';
import type { Processor, ProcessorConfig, ProcessorContext, ProcessorInput } from '../types.ts';

/** Settings of the `files` processor; all have defaults. */
export interface FilesProcessorOptions {
  /** Folder of jobs that name none; made when it is absent. @default '/var/log/dkron' */
  readonly defaultFolder?: string;
}

const DEFAULT_FOLDER = '/var/log/dkron';
const FILE_MODE = 0o644;

/** Keys of `files`. */
export const configSchema = z.strictObject({
  ...forwardKey,
  log_dir: optionalText('folder of the files, which must exist; /var/log/dkron when absent, which is made'),
});

/**
 * Writes each output to `<log_dir>/<execution id>.log`. A folder named by the job must exist. What cannot be written
 * is logged and does not fail the processor, as in the original.
 */
export function filesProcessor(options: FilesProcessorOptions = {}): Processor {
  const defaultFolder = options.defaultFolder ?? DEFAULT_FOLDER;
  return {
    name: 'files',
    configSchema,
    process: (input, config, context) => write(input, config, context, defaultFolder),
  };
}

async function write(
  input: ProcessorInput,
  config: ProcessorConfig,
  context: ProcessorContext,
  defaultFolder: string,
): Promise<Uint8Array> {
  const folder = config['log_dir'] || defaultFolder;
  // An id is made of a number and a node's name; whatever it holds, the file stays in the folder.
  const path = join(folder, `${basename(input.executionId)}.log`);
  try {
    if (folder === defaultFolder) await mkdir(folder, { recursive: true });
    await writeFile(path, input.output, { mode: FILE_MODE, signal: context.signal });
  } catch (error) {
    if (context.signal.aborted) throw error;
    context.logger.error('output not written', { path, job: input.jobName, error });
  }
  return forwardOr(path, input, config);
}
