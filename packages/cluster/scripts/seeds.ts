// Simulates the formation of clusters over many seeds. `--seeds 10000 --from 1`, or `--seed 7` for one with its plan.
import { parseArgs } from 'node:util';
import { messageOf } from '@dkron/runtime';
import { simulate } from '../test/sim/simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    most: { type: 'string', default: '5' },
  },
});
const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const marks: Record<string, number> = {};
const formed: number[] = [];
let several = 0;
let failed = 0;
for (let seed = from; seed < from + count && failed < Number(values.most); seed++) {
  try {
    const outcome = simulate(seed);
    for (const [name, times] of Object.entries(outcome.marks)) marks[name] = (marks[name] ?? 0) + times;
    if (outcome.founded > 1) several++;
    if (outcome.plan.profile === 'calm') formed.push(outcome.formedMs ?? Infinity);
    if (values.seed !== undefined) console.log(JSON.stringify(outcome, undefined, 1));
  } catch (error) {
    failed++;
    console.log(`seed ${seed}: ${messageOf(error)}`);
  }
}
formed.sort((a, b) => a - b);
console.log(JSON.stringify(marks));
console.log(
  `in calm weather formed within ${formed[Math.floor(formed.length / 2)]} ms (median), ${formed.at(-1)} ms at most`,
);
console.log(`${count} seeds, ${failed} failed, ${several} with more than one cluster (of further empty folders)`);
if (failed > 0) process.exitCode = 1;
