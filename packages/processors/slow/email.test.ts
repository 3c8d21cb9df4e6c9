import { afterAll, expect, it } from 'vitest';
import { emailProcessor } from '../src/email/index.ts';
import { INPUT } from '../test/input.ts';
import { PeerProcess, accepts, freePort, notRun, untilReady } from '@dkron/harness';
import { send } from './peers/peer.ts';
import { pythonPrograms } from './peers/programs.ts';

const programs = pythonPrograms('aiosmtpd', ['aiosmtpd==1.4.6']);
if (!programs) notRun('aiosmtpd', 'the package cannot be had');
const port = await freePort();
const args = ['-m', 'aiosmtpd', '-n', '-l', `127.0.0.1:${port}`];
const peer = new PeerProcess(`${programs}/python`, args, { PYTHONUNBUFFERED: '1' });
afterAll(() => peer.kill());

it.skipIf(!programs)('mails through aiosmtpd, also after it was killed', async () => {
  await peer.start(() => accepts(port));
  const processor = emailProcessor({ host: '127.0.0.1', port, from: 'dkron@example.org' });
  const config = { to: 'ops@example.org', subject: 'Grüße', attach: 'true' };
  await send(processor, config, INPUT);
  await untilReady('a mail', () => /Subject: =\?UTF-8\?.*Y29udGVudA==/s.test(peer.log));
  await peer.kill();
  await expect(send(processor, config, INPUT)).rejects.toThrow(/^processor email: mail server .*ECONNREFUSED/);
  await peer.start(() => accepts(port));
  await send(processor, { ...config, subject: 'after the crash' }, INPUT);
  await untilReady('the mail after the crash', () => peer.log.includes('Subject: after the crash'));
});
