#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  workingFolder: process.cwd(),
  out: (line) => process.stdout.write(line),
  err: (line) => process.stderr.write(line),
  stdin: () => text(process.stdin),
});
