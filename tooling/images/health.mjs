// Asks the node of this container for its health over gRPC, with nothing but Node. `health.mjs ready`: whether it can
// also do its work (a server knows a leader, an agent has a session with one). Exit code: 0 it is, 1 it is not.
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';

const LIMIT_MS = 4_000;
const SERVING = 1;

/** The port of `--rpc-port`, else of DKRON_RPC_PORT, else the usual one. */
export function rpcPort(commandLine, env) {
  const words = commandLine.split('\0');
  const at = words.findLastIndex((word) => word === '--rpc-port' || word.startsWith('--rpc-port='));
  const flag = at < 0 ? undefined : words[at].includes('=') ? words[at].split('=')[1] : words[at + 1];
  return Number(flag ?? (env.DKRON_RPC_PORT || 6868));
}

/** @param service - `''` = whether the node runs; `ready` */
export function check(port, service) {
  const name = Buffer.from(service);
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return new Promise((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const end = (healthy) => {
      session.destroy();
      resolve(healthy);
    };
    session.setTimeout(LIMIT_MS, () => end(false));
    session.on('error', () => end(false));
    const call = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks = [];
    call.on('error', () => end(false));
    call.on('data', (chunk) => chunks.push(chunk));
    // One message: 5 bytes of head, then field 1 as a number below 128.
    call.on('end', () => {
      const answer = Buffer.concat(chunks);
      end(answer.length === 7 && answer[5] === 0x08 && answer[6] === SERVING);
    });
    call.end(Buffer.concat([head, message]));
  });
}

if (import.meta.main) {
  const commandLine = readFileSync('/proc/1/cmdline', 'utf8');
  process.exitCode = (await check(rpcPort(commandLine, process.env), process.argv[2] ?? '')) ? 0 : 1;
}
