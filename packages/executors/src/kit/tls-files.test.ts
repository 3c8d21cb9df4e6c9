import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTlsFiles } from './tls-files.ts';

const [certificate, key] = ['cert', 'key'].map((part) =>
  join(import.meta.dirname, `../../testdata/localhost-${part}.pem`),
);

describe('readTlsFiles', () => {
  it('takes certificates and keys', async () => {
    const config = { tlsRootCAsFile: certificate!, tlsCertificateFile: certificate!, tlsCertificateKeyFile: key! };
    expect(await readTlsFiles('x', config)).toMatchObject({
      ca: expect.stringContaining('BEGIN'),
      rejectUnauthorized: true,
    });
    expect(await readTlsFiles('x', { tlsNoVerifyPeer: 'true' })).toEqual({ rejectUnauthorized: false });
  });

  it('looks at a file that changed anew', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'dkron-tls-')), 'cert.pem');
    await copyFile(certificate!, file);
    const read = (): Promise<unknown> => readTlsFiles('x', { tlsCertificateFile: file });
    await read();
    await read();
    await writeFile(file, 'rubbish');
    await expect(read()).rejects.toThrow('x: tlsCertificateFile: ');
    await rm(dirname(file), { recursive: true });
  });

  it.each([
    ['tlsRootCAsFile', '/none', 'ENOENT'],
    ['tlsRootCAsFile', import.meta.filename, 'no certificate in'],
    ['tlsCertificateFile', import.meta.filename, 'no start line'],
    ['tlsCertificateKeyFile', import.meta.filename, ''],
  ])('names the key %s of the file %s', async (name, file, why) => {
    const error = await readTlsFiles('x', { [name]: file }).catch(String);
    expect(error).toContain(`x: ${name}: `);
    expect(error).toContain(why);
  });
});
