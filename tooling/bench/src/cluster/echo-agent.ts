/** A process of its own: `node echo-agent.ts ADDRESS` answers each dispatch with an acknowledgement, a start and an end. */
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';
import { agentSession, toServerToWire, toWorkerFromWire } from '@dkron/contracts';
import type { ToServer } from '@dkron/jobs';

const same = (bytes: Buffer): Buffer => bytes;
const EMPTY = { head: new Uint8Array(), tail: new Uint8Array(), totalBytes: 0 };

const client = new Client(process.argv[2] ?? '', ChannelCredentials.createInsecure());
const call = client.makeBidiStreamRequest(agentSession.session.path, same, same, new Metadata());
let seq = 0;

function say(message: ToServer): void {
  const bytes = toServerToWire([message]);
  call.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

call.on('data', (bytes: Buffer) => {
  for (const message of toWorkerFromWire(bytes)) {
    if (message.type !== 'dispatch') continue;
    const { id, attempt, job } = message.dispatch;
    const at = BigInt(Date.now()) * 1_000_000n;
    const times = { startedAt: at, finishedAt: at };
    const report = { success: true, cancelled: false, reason: null, exitCode: 0, ...times, output: EMPTY };
    say({ type: 'ack', seq: message.seq });
    say({ type: 'started', seq: ++seq, id, attempt, at });
    say({ type: 'finished', seq: ++seq, id, attempt, jobName: job.name, report });
  }
});
call.on('error', () => process.exit(0));
call.on('end', () => process.exit(0));
say({ type: 'ping', n: 1 });
