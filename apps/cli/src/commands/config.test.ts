import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runProgram } from '../program.ts';

const folder = mkdtempSync(join(tmpdir(), 'dkron-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function check(file: string, env: Record<string, string> = {}, ...more: string[]) {
  const path = join(folder, 'dkron.yml');
  writeFileSync(path, file);
  let out = '';
  let err = '';
  const code = await runProgram(['config', 'check', '--config', path, '--bind-addr=10.0.0.1', ...more], {
    env,
    workingFolder: folder,
    out: (text) => void (out += text),
    err: (text) => void (err += text.replaceAll(folder, '<DIR>')),
    stdin: () => Promise.resolve(''),
  });
  return { code, out: out.replaceAll(folder, '<DIR>'), err };
}

describe('dkron config check', () => {
  it('shows what was given and from where, without secrets', async () => {
    const { code, out, err } = await check('server: true\nmail-password: QUFB\n', { DKRON_REGION: 'eu' });
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^error: mail-password: has no effect.* \(<DIR>\/dkron\.yml:2\)\n$/),
    ]);
    expect(out).toMatch(/^server +true +<DIR>\/dkron\.yml:1$/m);
    expect(out).toMatch(/^region +eu +DKRON_REGION$/m);
    expect(out).toMatch(/^mail-password +… +<DIR>\/dkron\.yml:2$/m);
    expect(out).not.toContain('The settings are fine.');
    expect(out).not.toContain('QUFB');
    const fine = await check('server: true\nnode-name: a\n');
    expect([fine.code, fine.err]).toEqual([0, '']);
    expect(fine.out).toContain('The settings are fine.\n');
  });

  it('shows no password, token, header or hidden part of an address, in no form and not in errors', async () => {
    const lines = [
      'mail-password: pw-s3cret',
      'mail-payload: payload-s3cret',
      'webhook-endpoint: https://user:s3cret@hooks.example.org/services/s3cret?x=s3cret',
      'pre-webhook-headers: ["Authorization: Bearer s3cret"]',
      'cronitor-endpoint: https://cronitor.link/s3cret',
      `retry-join: ['provider=aws region=eu secret_access_key="a s3cret" access_key_id=s3cret', 'http://u:s3cret@x']`,
      'statsd-addr: statsd://u:s3cret@x',
      'webhook-url: ftp://s3cret',
    ];
    for (const more of [[], ['--output=json']]) {
      const { out, err } = await check(lines.join('\n'), { DKRON_WEBHOOK_HEADERS: 's3cret' }, ...more);
      expect(out + err).not.toContain('s3cret');
      const fine = await check(lines.slice(0, 6).join('\n'), {}, ...more);
      expect(fine.out + fine.err).not.toContain('s3cret');
      expect(fine.out).toContain('https://hooks.example.org/…');
      expect(fine.out).toContain('provider=aws region=eu');
    }
  });

  it('an unknown key is an error here, with file, line and suggestion', async () => {
    expect(await check('\nbootstrap_expect: 1\n')).toMatchObject({
      code: 1,
      err: 'error: bootstrap_expect: unknown key, it has no effect; did you mean bootstrap-expect? (<DIR>/dkron.yml:2)\n',
    });
  });

  it('a misspelt variable is one, a foreign one is not', async () => {
    const { code, err } = await check('', {
      DKRON_BOOSTRAP_EXPECT: '1',
      DKRON_PORT: 'tcp://10.0.0.9:8080',
      DKRON_CONFIG: 'x',
    });
    expect([code, err]).toEqual([
      1,
      'error: DKRON_BOOSTRAP_EXPECT: is not read; did you mean DKRON_BOOTSTRAP_EXPECT? (environment)\n' +
        'error: DKRON_CONFIG: is not read; use --config (environment)\n',
    ]);
  });

  it('every value that cannot be used, as JSON too', async () => {
    const { code, out } = await check('rpc-port: x\nlease: 5\n', {}, '--output=json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      problems: [
        { key: 'rpc-port', value: 'x', source: '<DIR>/dkron.yml:1' },
        { key: 'lease', value: '5', source: '<DIR>/dkron.yml:2' },
      ],
    });
  });

  it('the address of the REST API, as JSON, also when another address cannot be used', async () => {
    const { code, out } = await check('http-addr: 127.0.0.1:9000\n', {}, '--output=json', '--bind-addr=127.0.0.1:1');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      http_addr: '127.0.0.1:9000',
      settings: expect.arrayContaining([{ key: 'bind-addr', value: '127.0.0.1:1', source: '--bind-addr' }]),
      problems: [{ key: 'advertise-addr' }],
    });
    expect(JSON.parse((await check('', {}, '--output=json')).out).http_addr).toBe(':8080');
  });

  it('a broken file', async () => {
    const { code, err } = await check('a: [');
    expect(code).toBe(1);
    expect(err).toMatch(/^error: config: "<DIR>\/dkron\.yml" is not allowed, expected valid YML: /);
  });
});
