/** Large gossip pools on a virtual clock: false alarms, true ones, and many newcomers at once. See README. */
import { parseArgs } from 'node:util';
import { runDetection } from './detection.ts';
import { runJoining } from './joining.ts';
import { CONFIGURATIONS, runLifeguard, STREAM_LOSSES, type StreamLoss } from './lifeguard.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    seed: { type: 'string', default: '1' },
    members: { type: 'string' },
    minutes: { type: 'string', default: '10' },
    loss: { type: 'string', default: '30' },
    stalling: { type: 'string', default: '5' },
    streams: { type: 'string', default: 'lossy' },
    /** Configurations whose names hold one of these words; all when there is none. */
    only: { type: 'string', multiple: true, default: [] },
    /** How many times fewer false alarms all of Lifeguard, with our last probe, must make than none of it. */
    factor: { type: 'string', default: '50' },
    sizes: { type: 'string', default: '50,200,1000' },
    runs: { type: 'string', default: '30' },
    newcomers: { type: 'string', default: '500' },
    /** In `detection`. */
    'last-probe': { type: 'boolean', default: true },
  },
});
/** The first detection in a pool that probes at random takes e / (e - 1) periods; ours probes in turn. */
const PERIODS = Math.E / (Math.E - 1);
const PERIOD_MS = 1000;
const ROUND_MS = 200;
const FANOUT = 3;
const STREAMS: Readonly<Record<StreamLoss, string>> = {
  none: 'no pings over streams',
  lossy: 'pings over streams, which lose as much and send again',
  perfect: 'pings over streams that lose nothing',
};
const ALL = 'all of Lifeguard, with our last probe';
const NONE = 'none: SWIM';
const seed = numberOf('seed', values.seed);

if (positionals[0] === 'lifeguard') lifeguard();
else if (positionals[0] === 'detection') detection();
else if (positionals[0] === 'joining') joining();
else throw new Error('what: allowed are lifeguard, detection and joining');

function lifeguard(): void {
  const streams = STREAM_LOSSES.find((one) => one === values.streams);
  if (streams === undefined) throw new Error(`streams: ${values.streams}, allowed are ${STREAM_LOSSES.join(', ')}`);
  const options = {
    members: numberOf('members', values.members ?? '1000'),
    minutes: numberOf('minutes', values.minutes),
    lossPercent: numberOf('loss', values.loss),
    stallingPercent: numberOf('stalling', values.stalling),
    seed,
    streams,
  };
  say(
    `${options.members} members, ${values.minutes} minutes, ${values.loss} % loss, ${values.stalling} % stand still for 2 s again and again, ${STREAMS[streams]}, seed ${seed}\n`,
  );
  table([
    'Parts',
    'False failed of healthy members',
    'in so many deaths',
    'of so many members',
    'False suspicions of healthy members',
    'Failed of those that stand still',
    'Packets of one in a second',
    'Processor, s',
  ]);
  const counts = new Map<string, number>();
  for (const [name, tuning] of Object.entries(CONFIGURATIONS)) {
    if (values.only.length > 0 && !values.only.some((word) => name.includes(word))) continue;
    const before = process.cpuUsage();
    const result = runLifeguard(name, tuning, options, (minute, failed) => {
      // The table is the output; this is for who waits for it.
      process.stderr.write(`${name}: ${failed} false failed after ${minute} minutes\n`);
    });
    const { user } = process.cpuUsage(before);
    counts.set(name, result.healthyFailed);
    const { healthyFailed, deaths, victims, healthySuspected, stallingFailed, packetsPerMemberSecond } = result;
    const found = [healthyFailed, deaths, victims, healthySuspected, stallingFailed];
    row([name, ...found, packetsPerMemberSecond.toFixed(1), (user / 1e6).toFixed(0)]);
  }
  judge(counts.get(ALL), counts.get(NONE));
}

function judge(all: number | undefined, none: number | undefined): void {
  if (all === undefined || none === undefined) return;
  const factor = numberOf('factor', values.factor);
  if (none === 0) say('\nnone with none of Lifeguard: nothing to compare');
  else if (all === 0) say(`\nnone with all, ${none} with none`);
  else say(`\n${(none / all).toFixed(1)} times fewer with all than with none`);
  if (none === 0 || none < factor * all) process.exitCode = 1;
}

function detection(): void {
  say(`means of ${values.runs} runs, seed ${seed}; lan numbers, 1 to 10 ms of delay, no loss\n`);
  table([
    'Members',
    'Suspected after',
    'SWIM: e/(e-1) periods until the probe, one for the probe',
    'Failed after',
    'Known by all after another',
    'A change known by all after',
    'Bound of both: log4 n + ln(n)/3 rounds of three',
    'Packets of one in a second',
  ]);
  for (const size of values.sizes.split(',').map((text) => numberOf('sizes', text))) {
    const { suspectedMs, failedMs, spreadMs, updateMs, packetsPerMemberSecond } = runDetection(
      size,
      numberOf('runs', values.runs),
      seed,
      values['last-probe'],
    );
    const probeMs = PERIODS * PERIOD_MS + PERIOD_MS;
    const roundsMs = (Math.log(size) / Math.log(FANOUT + 1) + Math.log(size) / FANOUT) * ROUND_MS;
    const cells = [suspectedMs, probeMs, failedMs, spreadMs, updateMs, roundsMs].map((ms) => `${Math.round(ms)} ms`);
    row([size, ...cells, packetsPerMemberSecond.toFixed(2)]);
  }
}

function joining(): void {
  const members = numberOf('members', values.members ?? '10000');
  const newcomers = numberOf('newcomers', values.newcomers);
  const before = process.cpuUsage();
  const { reached, accusations, packetsPerMemberSecond, heapMegabytes } = runJoining(members, newcomers, seed);
  const { user } = process.cpuUsage(before);
  say(
    `${members} members, ${newcomers} join at once, seed ${seed}: all know all, ${accusations} accusations, ${packetsPerMemberSecond.toFixed(1)} packets of one in a second, ${heapMegabytes.toFixed(0)} MB, ${(user / 1e6).toFixed(0)} s of processor\n`,
  );
  table(['Of all there is to learn', ...reached.map(({ percent }) => `${percent} %`)]);
  row(['known after', ...reached.map(({ afterMs }) => `${afterMs} ms`)]);
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`${name}: ${text}, allowed are numbers from 0`);
  return value;
}

function table(heads: readonly string[]): void {
  row(heads);
  row(heads.map(() => '---'));
}

function row(cells: readonly (string | number)[]): void {
  say(`| ${cells.join(' | ')} |`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
