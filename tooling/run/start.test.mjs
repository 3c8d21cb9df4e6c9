import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataDirectory, defaultsFor, screen } from './start.mjs';
import { root } from './toolchain.mjs';

const names = (args, env = {}) => defaultsFor(args, env).map((flag) => flag.split('=')[0]);

describe('defaultsFor', () => {
  it('starts one server that only this machine can reach', () => {
    expect(defaultsFor([], {})).toEqual([
      '--bootstrap-expect=1',
      '--bind-addr=127.0.0.1:8946',
      '--advertise-addr=127.0.0.1',
      '--http-addr=127.0.0.1:8080',
      `--data-dir=${join(root, 'dkron.data')}`,
    ]);
  });

  it('leaves alone what is given by flag or environment', () => {
    expect(names(['--http-addr=:9000', '--data-dir', 'x'])).toEqual([
      '--bootstrap-expect',
      '--bind-addr',
      '--advertise-addr',
    ]);
    const open = names([], { DKRON_BIND_ADDR: '0.0.0.0:8946' });
    expect(open).not.toContain('--bind-addr');
    expect(open).not.toContain('--advertise-addr');
  });

  it('is not misled by a flag that starts with the same letters', () => {
    expect(names(['--data-dirs=x'])).toContain('--data-dir');
  });

  it('does not found a cluster when one is to be joined, nor override a configuration file', () => {
    expect(names(['--retry-join=10.0.0.1'])).not.toContain('--bootstrap-expect');
    expect(names(['--config=dkron.yml'])).toEqual([]);
  });
});

describe('the screen of a start', () => {
  const from = '/srv/clone';

  it.each([
    ['as given by flag', ['--data-dir=here'], {}, './here'],
    ['as given by flag and word', ['--data-dir', '/srv/dkron'], {}, '/srv/dkron'],
    ['by the last of two flags', ['--data-dir=a', '--data-dir=b'], {}, './b'],
    ['above the folder', ['--data-dir=../data'], {}, '/srv/data'],
    ['by environment', [], { DKRON_DATA_DIR: 'there' }, './there'],
    ['by flag before environment', ['--data-dir=here'], { DKRON_DATA_DIR: 'there' }, './here'],
    ['only by a file', ['--config=dkron.yml'], {}, undefined],
  ])('names the data folder %s', (_, args, env, path) => {
    expect(dataDirectory(args, env, from)).toBe(path);
    expect(screen('127.0.0.1:8080', path)).toContain(`stay in ${path ?? 'the data-dir of your configuration'}.`);
  });
});
