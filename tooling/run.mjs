// The one door to this repository: `npm start`, `npm test`, `npm run verify`, `npm run -s dkron -- ARGS`,
// `npm run -s node -- FILE ARGS`.
// Plain JavaScript for Node 18 or newer without dependencies, so that it runs on a bare machine; it installs the rest.
import { node } from './run/node.mjs';
import { StepFailed } from './run/process.mjs';
import { sim } from './run/sim.mjs';
import { dkron, start } from './run/start.mjs';
import { test } from './run/test.mjs';
import { verify } from './run/verify.mjs';

const COMMANDS = { start, test, verify, dkron, node, sim };

const [name, ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name] : undefined;
if (!command) {
  process.stderr.write(`usage: node tooling/run.mjs ${Object.keys(COMMANDS).join('|')} [ARGS]\n`);
  process.exitCode = 2;
} else {
  try {
    await command(args);
  } catch (error) {
    process.stderr.write(`dkron: ${error.message}\n`);
    process.exitCode = error instanceof StepFailed ? error.exitCode : 1;
  }
}
