/// <reference types="node" />
// A receiver of the forward protocol that is not ours, as a process of its own: it prints each event as a line of JSON.
import { FluentServer } from '@fluent-org/logger';

class Printing extends FluentServer {
  override onEntry(tag: string, _time: unknown, record: Record<string, unknown>): void {
    process.stdout.write(`${JSON.stringify({ tag, record })}\n`);
  }
}

await new Printing({ listenOptions: { port: Number(process.argv[2]), host: '127.0.0.1' } }).listen();
process.stdout.write('ready\n');
