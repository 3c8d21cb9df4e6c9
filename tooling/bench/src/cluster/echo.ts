import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const WARM_MS = 2_000;

/** Dispatches per second that bare bidi streams carry out and back, the messages of a session one by one; nothing is kept. */
export async function echoRate(agents: number, measureMs: number): Promise<number> {
  const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const server = spawn(process.execPath, [path('echo-server.ts'), String(agents), String(WARM_MS), String(measureMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const address = String((await lines.next()).value);
  const children = Array.from({ length: agents }, () =>
    spawn(process.execPath, [path('echo-agent.ts'), address], { stdio: ['ignore', 'ignore', 'inherit'] }),
  );
  const rate = Number((await lines.next()).value);
  for (const child of [server, ...children]) child.kill('SIGKILL');
  return rate;
}
