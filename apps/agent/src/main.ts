#!/usr/bin/env node
import { runAgentProgram } from './program.ts';

for (const stream of [process.stdout, process.stderr]) {
  // A log that nobody reads any more is no reason to end.
  stream.on('error', () => {});
}
process.exitCode = await runAgentProgram(process.argv.slice(2), {
  env: process.env,
  workingFolder: process.cwd(),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
