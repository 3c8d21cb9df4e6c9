import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { syslogProcessor } from '../src/syslog/index.ts';
import { INPUT } from '../test/input.ts';
import { PeerProcess, accepts, freePort, notRun, untilReady } from '@dkron/harness';
import { send } from './peers/peer.ts';
import { debianRoot } from './peers/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'dkron-syslog-'));
const TESTDATA = join(import.meta.dirname, '../testdata');
const [rsyslogPort, ngPort, tlsPort] = [await freePort(), await freePort(), await freePort()];
const SIZE = 100_000;

function rsyslog(): PeerProcess | undefined {
  const found = debianRoot('rsyslog', ['rsyslog', 'libestr0', 'libfastjson4', 'liblognorm5']);
  if (!found) return undefined;
  const modules = join(found.root, 'usr/lib/x86_64-linux-gnu/rsyslog');
  const listens = `address="127.0.0.1" port="${rsyslogPort}"`;
  const fields = '%syslogfacility-text%.%syslogseverity-text% %hostname% %app-name% %structured-data%';
  writeFileSync(
    join(folder, 'rsyslog.conf'),
    `global(workDirectory="${folder}" maxMessageSize="512k")
module(load="imudp") input(type="imudp" ${listens})
module(load="imtcp") input(type="imtcp" ${listens})
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${folder}/rsyslog.sock" UseSpecialParser="off")
input(type="imuxsock" Socket="${folder}/local.sock")
template(name="all" type="string" string="${fields} %msg%\\n")
action(type="omfile" file="${folder}/rsyslog.out" template="all")
`,
  );
  const args = ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'rsyslog.pid'), '-M', modules];
  return new PeerProcess(join(found.root, 'usr/sbin/rsyslogd'), args, found.env);
}

function syslogNg(): PeerProcess | undefined {
  const packages = ['syslog-ng-core', 'libivykis0', 'libnet1', 'libwrap0', 'libpcre3'];
  const found = debianRoot('syslog-ng', packages);
  if (!found) return undefined;
  mkdirSync(join(folder, 'ng'));
  const fields = '$FACILITY.$LEVEL $HOST $PROGRAM [dkron@32473 job=\\"${.SDATA.dkron@32473.job}\\"]';
  const tls = `key-file("${TESTDATA}/localhost-key.pem") cert-file("${TESTDATA}/localhost-cert.pem") peer-verify(optional-untrusted)`;
  writeFileSync(
    join(folder, 'ng.conf'),
    `@version: 3.38
options { log-msg-size(524288); keep-hostname(yes); };
source s {
  syslog(transport(udp) ip(127.0.0.1) port(${ngPort}));
  syslog(transport(tcp) ip(127.0.0.1) port(${ngPort}));
  syslog(transport(tls) ip(127.0.0.1) port(${tlsPort}) tls(${tls}));
  unix-dgram("${folder}/ng.sock" flags(syslog-protocol));
};
destination d { file("${folder}/ng.out" template("${fields} $MSG\\n")); };
log { source(s); destination(d); };
`,
  );
  const control = ['-R', 'ng/persist', '-c', 'ng/control', '-p', 'ng/pid'].map((arg) =>
    arg.startsWith('ng') ? join(folder, arg) : arg,
  );
  const modules = `--module-path=${join(found.root, 'usr/lib/syslog-ng/3.38')}`;
  const args = ['-F', '--no-caps', '-f', join(folder, 'ng.conf'), ...control, modules];
  return new PeerProcess(join(found.root, 'usr/sbin/syslog-ng'), args, found.env);
}

const peers: PeerProcess[] = [];
afterAll(async () => {
  for (const peer of peers) await peer.kill();
  rmSync(folder, { recursive: true, force: true });
});

const printed = (file: string): string => {
  try {
    return readFileSync(join(folder, file), 'utf8');
  } catch {
    return '';
  }
};

const kinds = [
  { name: 'rsyslog', peer: rsyslog(), port: rsyslogPort, out: 'rsyslog.out', socket: 'rsyslog.sock' },
  { name: 'syslog-ng', peer: syslogNg(), port: ngPort, out: 'ng.out', socket: 'ng.sock' },
];
describe.each(kinds)('$name', ({ name, peer, port, out, socket }) => {
  if (peer === undefined) notRun(name, 'its packages cannot be had');
  else peers.push(peer);
  const processor = syslogProcessor({ localSocket: join(folder, 'local.sock') });

  it.skipIf(!peer)('parses messages of each transport, and gets them again after it was killed', async () => {
    await peer!.start(() => accepts(port));
    const ways = [`udp://127.0.0.1:${port}`, `tcp://localhost:${port}`, `unix://${join(folder, socket)}`];
    const keys = { facility: 'local3', severity: 'warning', tls_ca_file: join(TESTDATA, 'localhost-cert.pem') };
    if (name === 'syslog-ng') ways.push(`tls://localhost:${tlsPort}`);
    for (const [i, address] of ways.entries()) {
      await send(processor, { ...keys, address }, { ...INPUT, output: Buffer.from(`text ${i}`) });
      const head = String.raw`^local3\.warning leader dkron \[dkron@32473 job="job".*\] text ${i}$`;
      await untilReady(`${name} to get ${address}`, () => new RegExp(head, 'm').test(printed(out)));
    }
    const large = Buffer.alloc(SIZE, 'y');
    await send(processor, { address: ways[1]! }, { ...INPUT, output: large });
    await untilReady('a large output', () => printed(out).includes(large.toString()));

    await peer!.kill();
    await expect(send(processor, { address: ways[1]! }, INPUT)).rejects.toThrow(
      /^processor syslog: tcp .*ECONNREFUSED/,
    );
    const late = send(processor, { address: ways[1]! }, { ...INPUT, output: Buffer.from('after the crash') });
    rmSync(join(folder, socket), { force: true });
    await peer!.start(() => accepts(port));
    // It may have come back later than the last try.
    await late.catch(() =>
      send(processor, { address: ways[1]! }, { ...INPUT, output: Buffer.from('after the crash') }),
    );
    await untilReady('the message after the crash', () => printed(out).includes('after the crash'));
  });

  it.skipIf(!peer || name !== 'rsyslog')('understands the local form on its own socket', async () => {
    await send(processor, {}, { ...INPUT, output: Buffer.from('as the C library') });
    await untilReady('a local message', () => printed(out).includes('as the C library'));
    expect(printed(out)).toMatch(/^cron\.info .*as the C library$/m);
  });
});
