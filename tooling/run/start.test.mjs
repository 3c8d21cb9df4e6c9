import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultsFor } from './start.mjs';
import { root } from './toolchain.mjs';

const names = (args, env = {}) => defaultsFor(args, env).map((flag) => flag.split('=')[0]);

describe('defaultsFor', () => {
  it('starts one server that only this machine can reach', () => {
    expect(defaultsFor([], {})).toEqual([
      '--bootstrap-expect=1',
      '--bind-addr=127.0.0.1:8946',
      '--http-addr=127.0.0.1:8080',
      `--data-dir=${join(root, 'dkron.data')}`,
    ]);
  });

  it('leaves alone what is given by flag or environment', () => {
    expect(names(['--http-addr=:9000', '--data-dir', 'x'])).toEqual(['--bootstrap-expect', '--bind-addr']);
    expect(names([], { DKRON_BIND_ADDR: '0.0.0.0:8946' })).not.toContain('--bind-addr');
  });

  it('is not misled by a flag that starts with the same letters', () => {
    expect(names(['--data-dirs=x'])).toContain('--data-dir');
  });

  it('does not found a cluster when one is to be joined, nor override a configuration file', () => {
    expect(names(['--retry-join=10.0.0.1'])).not.toContain('--bootstrap-expect');
    expect(names(['--config=dkron.yml'])).toEqual([]);
  });
});
