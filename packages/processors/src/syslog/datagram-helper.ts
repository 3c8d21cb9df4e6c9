import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Cancel, Timers } from '@dkron/runtime';
import { Buffer } from 'node:buffer';

/**
 * Local datagram sockets, such as `/dev/log`, are beyond this platform's means. Perl, part of every Debian, sends them with
 * nothing but what it was born with: 1 = AF_UNIX, 2 = SOCK_DGRAM; the send buffer is asked to hold the largest output.
 */
const PROGRAM = String.raw`
use strict; $| = 1; binmode STDIN;
my ($sol, $sndbuf) = $^O eq 'linux' ? (1, 7) : (65535, 4097);
sub take { my $n = shift; my $b = ''; while (length $b < $n) { my $r = sysread STDIN, $b, $n - length $b, length $b; exit unless $r; } $b }
while (1) {
  my ($p, $m) = unpack 'NN', take(8);
  my $path = take($p); my $bytes = take($m); my $s; my $why = '';
  my $name = $^O eq 'linux' ? pack('S a108', 1, $path) : pack('C C a104', 106, 1, $path);
  if (!socket $s, 1, 2, 0) { $why = "socket: $!" }
  else {
    setsockopt $s, $sol, $sndbuf, pack 'i', 1048576;
    if (!connect $s, $name) { $why = "connect: $!" }
    elsif (!defined send $s, $bytes, 0) { $why = "send: $!" }
    close $s;
  }
  print "$why\n";
}`;

const IDLE_MS = 60_000;
const PATH_BYTES_MAX = 107;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A small process that lives while datagrams are sent and a minute after; it ends with this one. */
export class DatagramHelper {
  readonly #timers: Timers;
  readonly #waiting: Waiting[] = [];
  #child: ChildProcessByStdio<Writable, Readable, null> | undefined;
  #cancelIdle: Cancel = () => {};
  #line = '';

  constructor(modules: { readonly timers: Timers }) {
    this.#timers = modules.timers;
  }

  /** @throws Error with the reason of the system */
  async send(path: string, message: Uint8Array): Promise<void> {
    const pathBytes = Buffer.from(path);
    if (pathBytes.length > PATH_BYTES_MAX) throw new Error(`the path of a socket has at most ${PATH_BYTES_MAX} bytes`);
    const child = (this.#child ??= this.#start());
    this.#cancelIdle();
    const head = Buffer.alloc(8);
    head.writeUInt32BE(pathBytes.length, 0);
    head.writeUInt32BE(message.length, 4);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      child.stdin.write(Buffer.concat([head, pathBytes, message]));
    });
  }

  /** Ends the process; what waits fails. */
  close(): void {
    this.#end(new Error('the node is stopping'));
  }

  #start(): ChildProcessByStdio<Writable, Readable, null> {
    const child = spawn('perl', ['-e', PROGRAM], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'] },
    });
    const gone = (error: Error): void => {
      if (this.#child === child) this.#end(error);
    };
    child.on('error', (cause) => gone(new Error('local datagram sockets need perl in PATH', { cause })));
    child.on('exit', (code) => gone(new Error(`the process that sends datagrams ended with ${code}`)));
    child.stdin.on('error', () => {});
    child.stdout.on('data', (bytes: Buffer) => this.#take(bytes.toString()));
    child.unref();
    (child.stdin as Partial<{ unref(): void }>).unref?.();
    (child.stdout as Partial<{ unref(): void }>).unref?.();
    return child;
  }

  #take(text: string): void {
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop()!;
    for (const line of lines) {
      const waiting = this.#waiting.shift();
      if (line === '') waiting?.resolve();
      else waiting?.reject(new Error(line));
    }
    if (this.#waiting.length === 0) {
      this.#cancelIdle();
      this.#cancelIdle = this.#timers.after(IDLE_MS, () => this.close());
    }
  }

  #end(error: Error): void {
    this.#cancelIdle();
    const child = this.#child;
    this.#child = undefined;
    this.#line = '';
    child?.kill('SIGKILL');
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
