import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { accepts, freePort, notRun, PeerProcess, untilReady } from '@dkron/harness';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { emailProcessor } from '../src/email/index.ts';
import { INPUT } from '../test/input.ts';
import { send } from './peers/peer.ts';
import { pythonPrograms } from './peers/programs.ts';

const [CERTIFICATE, KEY] = ['localhost-cert.pem', 'localhost-key.pem'].map((file) =>
  join(import.meta.dirname, '../testdata', file),
);
const [USER, PASSWORD] = ['dkron', 'pass-4711'];

const programs = pythonPrograms('aiosmtpd', ['aiosmtpd==1.4.6']);
if (!programs) notRun('aiosmtpd', 'the package cannot be had');

const trusted = getCACertificates('default');
const peers: PeerProcess[] = [];
afterEach(() => setDefaultCACertificates(trusted));
afterAll(async () => {
  for (const peer of peers) await peer.kill();
});

describe.each(['starttls', 'implicit'])('a mail server with %s', (mode) => {
  it.skipIf(!programs)('gets mails once its certificate is trusted and the password is right', async () => {
    const port = await freePort();
    const program = join(import.meta.dirname, 'peers/mail_server.py');
    const args = [program, String(port), mode, CERTIFICATE!, KEY!, USER!, PASSWORD!];
    const peer = new PeerProcess(`${programs}/python`, args, { PYTHONUNBUFFERED: '1' });
    peers.push(peer);
    await peer.start(() => accepts(port));
    const node = { host: 'localhost', port, username: USER!, password: PASSWORD!, from: 'dkron@example.org' };
    const config = { to: 'ops@example.org', tls: mode === 'implicit' ? 'implicit' : 'required' };
    const mail = (subject: string, password = PASSWORD!): Promise<string> =>
      send(emailProcessor({ ...node, password }), { ...config, subject }, INPUT);

    await expect(mail('to a stranger')).rejects.toThrow(/^processor email: mail server localhost.*self-signed/);
    setDefaultCACertificates([...trusted, readFileSync(CERTIFICATE!, 'utf8')]);
    const refused = await mail('no entry', 'wrong-0815').catch(String);
    expect(refused).toMatch(/mail server localhost:[0-9]+: .*535/);
    expect(refused).not.toContain('wrong-0815');
    expect(await mail('trusted')).toBe('Output sent by email');
    await untilReady('the mail', () => peer.log.includes('Subject: trusted'));
    expect(peer.log).not.toMatch(/Subject: (to a stranger|no entry)/);
  });
});
