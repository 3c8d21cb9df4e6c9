#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import { forgetMallocSettings, withMallocSettings } from './malloc-settings.ts';
import { watchOutputs } from './streams.ts';
import { argumentsOfNode } from './heap-settings.ts';

const again = process.platform === 'win32' ? undefined : argumentsOfNode(process);
// Same process, same streams; does not return.
if (again !== undefined) process.execve?.(process.execPath, again, withMallocSettings(process.env));
forgetMallocSettings(process.env);

const { runProgram } = await import('./program.ts');
const outputs = watchOutputs([process.stdout, process.stderr]);
const code = await runProgram(process.argv.slice(2), {
  env: process.env,
  workingFolder: process.cwd(),
  out: (line) => void process.stdout.write(line),
  err: (line) => void process.stderr.write(line),
  stdin: () => text(process.stdin),
  signal: outputs.signal,
});
// Writes to files are done at once, but their failure is told a little later.
await new Promise(setImmediate);
process.exitCode = code === 0 && outputs.failed() ? 1 : code;
