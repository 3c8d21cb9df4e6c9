import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addressOf, dataDirectory, defaultsFor, readSettings, screen } from './start.mjs';
import { root } from './toolchain.mjs';

const defaults = (given = {}, args = []) => defaultsFor(args, new Map(Object.entries(given)));
const names = (given, args) => defaults(given, args).map((flag) => flag.split('=')[0]);

describe('defaultsFor', () => {
  it('starts one server that only this machine can reach', () => {
    expect(defaults()).toEqual([
      '--bootstrap-expect=1',
      '--bind-addr=127.0.0.1:8946',
      '--advertise-addr=127.0.0.1',
      '--http-addr=127.0.0.1:8080',
      `--data-dir=${join(root, 'dkron.data')}`,
    ]);
  });

  it('leaves alone what is given', () => {
    expect(names({ 'http-addr': ':9000', 'data-dir': 'x' })).toEqual([
      '--bootstrap-expect',
      '--bind-addr',
      '--advertise-addr',
    ]);
    const open = names({ 'bind-addr': '0.0.0.0:8946' });
    expect(open).not.toContain('--bind-addr');
    expect(open).not.toContain('--advertise-addr');
  });

  it.each(['127.0.0.1:19181', '127.0.0.1', '127.1.2.3:1', 'localhost:19181', '[::1]:19181', '::1'])(
    'tells the loopback address %s when that is bound',
    (bind) => {
      expect(defaults({ 'bind-addr': bind })).toContain(`--advertise-addr=${bind}`);
      expect(names({ 'bind-addr': bind, 'advertise-addr': '10.0.0.1' })).not.toContain('--advertise-addr');
    },
  );

  it.each(['10.0.0.1:8946', ':8946', '0.0.0.0', '[::]:8946', '{{ GetPrivateIP }}:8946', '127.example.org'])(
    'tells nothing of its own when %s is bound',
    (bind) => {
      expect(names({ 'bind-addr': bind })).not.toContain('--advertise-addr');
    },
  );

  it('does not found a cluster when one is to be joined, nor add to a configuration file that is named', () => {
    expect(names({ 'retry-join': '["10.0.0.1"]' })).not.toContain('--bootstrap-expect');
    expect(names({}, ['--config=dkron.yml'])).toEqual([]);
    expect(names({}, ['--config', 'dkron.yml'])).toEqual([]);
  });
});

describe('the address in force', () => {
  it.each([
    [':8080', '127.0.0.1:8080'],
    ['0.0.0.0:9000', '127.0.0.1:9000'],
    ['[::]:9000', '127.0.0.1:9000'],
    ['10.0.0.1:9000', '10.0.0.1:9000'],
    ['127.0.0.1', '127.0.0.1:8080'],
    ['127.0.0.1:0', undefined],
    [undefined, undefined],
  ])('%s is reached at %s', (listening, reached) => {
    expect(addressOf(listening)).toBe(reached);
  });

  it('is read from what the command tells of the settings; nothing from anything else', () => {
    const settings = [{ key: 'http-addr', value: ':9000', source: 'DKRON_HTTP_ADDR' }];
    expect(readSettings(JSON.stringify({ ok: true, http_addr: ':9000', settings }))).toEqual({
      settings: new Map([['http-addr', ':9000']]),
      httpAddr: ':9000',
    });
    expect(readSettings('Error: unknown flag')).toEqual({ settings: new Map(), httpAddr: undefined });
  });
});

describe('the screen of a start', () => {
  const from = '/srv/clone';

  it.each([
    ['inside the folder', 'here', './here'],
    ['elsewhere', '/srv/dkron', '/srv/dkron'],
    ['above the folder', '../data', '/srv/data'],
    ["by the server's default", undefined, './dkron.data'],
  ])('names the data folder %s', (_, value, path) => {
    expect(dataDirectory(from, value)).toBe(path);
    expect(screen('127.0.0.1:8080', path)).toContain(`stay in ${path}.`);
  });
});
