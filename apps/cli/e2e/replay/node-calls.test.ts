import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, ServerProcess } from '@dkron/harness';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLS_A_NODE } from './departures.ts';
import { newFolder, removeFolders, startProgram, type Ended } from './in-process.ts';
import { normalise } from './normalise.ts';
import { recording, type RecordedCommand } from './recording.ts';

const RECORDED_NODE = '127.0.0.1:6868';
const SLOW_MS = 180_000;

let folder: string;
let server: ServerProcess;
let address: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dkron-cli-'));
  const rpcPort = await freePort();
  address = `127.0.0.1:${rpcPort}`;
  server = await ServerProcess.start({ dataDir: join(folder, 'data'), nodeName: 'n1', rpcPort });
}, SLOW_MS);

afterAll(async () => {
  await server.kill();
  await rm(folder, { recursive: true });
  removeFolders();
});

function run(args: readonly string[]): Promise<Ended> {
  const own = newFolder();
  return startProgram(
    args.map((word) => word.replace(RECORDED_NODE, address)),
    own,
  ).ended;
}

/** With the recorded address; columns may be wider here. */
function comparable({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): readonly string[] {
  return [stdout, stderr].map((text) =>
    normalise(text, '/nowhere')
      .replaceAll(address, RECORDED_NODE)
      .replaceAll(/time="[^"]+"/g, 'time="<TIME>"')
      // Quoted only where it has to be.
      .replaceAll(/server_addr="([^"]+)"/g, 'server_addr=$1')
      .replaceAll(/ {2,}/g, '  '),
  );
}

const recorded = (name: string): RecordedCommand => {
  const command = recording.commands.find((one) => one.name === name);
  if (command === undefined) throw new Error(`the recording lacks ${name}`);
  return command;
};

// `leave` ends the server, so it comes after the others; what comes after it finds nobody.
describe('recorded commands that call a node', () => {
  it.each(CALLS_A_NODE)(
    '$name',
    async ({ name, gap, instead }) => {
      const command = recorded(name);
      const ran = await run(command.args);
      if (gap === undefined) {
        expect([ran.code, ...comparable(ran)]).toEqual([command.exit_code, ...comparable(command)]);
        if (name === 'leave') expect(await server.exited()).toBe(0);
        return;
      }
      const nobody = recorded(instead);
      expect([ran.code, ...comparable(ran)]).not.toEqual([command.exit_code, ...comparable(command)]);
      expect([ran.code, ran.stdout]).toEqual([nobody.exit_code, nobody.stdout]);
    },
    SLOW_MS,
  );
});
