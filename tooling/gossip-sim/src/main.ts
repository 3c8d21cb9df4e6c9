/** Large gossip pools on a virtual clock. `lifeguard` counts false alarms, `detection` times what is true. See README. */
import { parseArgs } from 'node:util';
import { runDetection } from './detection.ts';
import { CONFIGURATIONS, runLifeguard } from './lifeguard.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    members: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '10' },
    loss: { type: 'string', default: '30' },
    stalling: { type: 'string', default: '5' },
    sizes: { type: 'string', default: '50,200,1000' },
    /** How many times fewer false alarms all of Lifeguard must make than none of it. */
    factor: { type: 'string', default: '50' },
    runs: { type: 'string', default: '30' },
    streams: { type: 'boolean', default: false },
  },
});
/** The first detection in a pool that probes at random takes e / (e - 1) periods; ours probes in turn. */
const PERIODS = Math.E / (Math.E - 1);
const PERIOD_MS = 1000;
const seed = Number(values.seed);

if (positionals[0] === 'lifeguard') lifeguard();
else if (positionals[0] === 'detection') detection();
else throw new Error('what: allowed are lifeguard and detection');

function lifeguard(): void {
  const { streams } = values;
  const options = {
    members: Number(values.members),
    minutes: Number(values.minutes),
    lossPercent: Number(values.loss),
    stallingPercent: Number(values.stalling),
    seed,
    streams,
  };
  say(
    `${values.members} members, ${values.minutes} minutes, ${values.loss} % loss, ${values.stalling} % stand still for 2 s again and again, ${streams ? 'with' : 'without'} pings over streams, seed ${seed}\n`,
  );
  say(
    '| Parts | False failed of healthy members | of those that stand still | Members that were accused | Packets of one in a second |',
  );
  say('| --- | --- | --- | --- | --- |');
  const counts = new Map<string, number>();
  for (const [name, tuning] of Object.entries(CONFIGURATIONS)) {
    const result = runLifeguard(name, tuning, options);
    counts.set(name, result.healthyFailed);
    const { healthyFailed, stallingFailed, victims, packetsPerMemberSecond } = result;
    say(`| ${name} | ${healthyFailed} | ${stallingFailed} | ${victims} | ${packetsPerMemberSecond.toFixed(1)} |`);
  }
  const [all, none] = [counts.get('all of Lifeguard')!, counts.get('none: SWIM')!];
  say(
    all === 0
      ? `\nnone with all, ${none} with none`
      : `\n${(none / all).toFixed(0)} times fewer with all than with none`,
  );
  if (none < Number(values.factor) * all) process.exitCode = 1;
}

function detection(): void {
  say(`means of ${values.runs} runs, seed ${seed}; lan numbers, 1 to 10 ms of delay, no loss\n`);
  say(
    '| Members | Suspected after | SWIM: e/(e-1) periods until the probe, one for the probe | Failed after | Known by all after another | A change known by all after | Packets of one in a second |',
  );
  say('| --- | --- | --- | --- | --- | --- | --- |');
  for (const size of values.sizes.split(',').map(Number)) {
    const { suspectedMs, failedMs, spreadMs, updateMs, packetsPerMemberSecond } = runDetection(
      size,
      Number(values.runs),
      seed,
    );
    const bound = PERIODS * PERIOD_MS + PERIOD_MS;
    const cells = [suspectedMs, bound, failedMs, spreadMs, updateMs].map((ms) => `${Math.round(ms)} ms`);
    say(`| ${size} | ${cells.join(' | ')} | ${packetsPerMemberSecond.toFixed(2)} |`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
