import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfigFile, type ConfigFile } from './config-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'dkron-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function load(named?: string, root = 'none'): Promise<ConfigFile | undefined> {
  return loadConfigFile(named, {
    home: join(folder, root, 'home'),
    workingFolder: join(folder, root, 'work'),
    systemFolder: join(folder, root, 'etc'),
  });
}

describe('formats', () => {
  const expected = [
    { key: 'server', value: true, line: 2 },
    { key: 'join', value: ['a', 'b'], line: 3 },
    { key: 'tags', value: { My_Role: 'Web' }, line: 4 },
  ];

  it.each([
    ['a.yml', '# c\nserver: true\njoin: [a, b]\ntags:\n  My_Role: Web\n'],
    ['a.yaml', '---\nserver: true\njoin: [a, b]\ntags: {My_Role: Web}\nnothing:\n'],
    ['a.json', '{\n"server": true,\n"join": ["a", "b"],\n"tags": {"My_Role": "Web"}\n}'],
    ['a.toml', '# c\nserver = true\njoin = ["a", "b"]\n[tags]\nMy_Role = "Web"\n'],
  ])('%s, with the line of each key', async (name, text) => {
    expect((await load(write(name, text)))?.entries).toEqual(expected);
  });

  it('.env holds keys without dashes', async () => {
    const entries = (await load(write('a.env', '# c\nSERVER=true\nexport PROFILE="wan"\n')))?.entries;
    expect(entries).toEqual([
      { key: 'SERVER', value: 'true', line: 2 },
      { key: 'PROFILE', value: 'wan', line: 3 },
    ]);
    await expect(load(write('b.env', 'BOOTSTRAP-EXPECT=1\n'))).rejects.toThrow(/line 1/);
  });
});

describe('search', () => {
  it('looks into /etc/dkron, $HOME/.dkron, ./config; the first file found is the only one', async () => {
    expect(await load()).toBeUndefined();
    write('s/work/config/dkron.json', '{"node-name":"work"}');
    write('s/work/dkron.yml', 'node-name: not here');
    expect((await load(undefined, 's'))?.entries[0]?.value).toBe('work');
    write('s/home/.dkron/dkron.yml', 'node-name: home');
    expect((await load(undefined, 's'))?.entries[0]?.value).toBe('home');
    write('s/etc/dkron.toml', 'node-name = "etc"');
    expect((await load(undefined, 's'))?.entries[0]?.value).toBe('etc');
  });
});

describe('G-C7: a file that cannot be used ends the start', () => {
  it.each<[string, string, RegExp]>([
    ['bad.yml', 'a: 1\nb: [b\n', /bad\.yml.*valid YML: line [23], column \d+: /],
    ['twice.yml', 'a: 1\na: 2\n', /line 2, column 1: .*unique/],
    ['tab.yml', 'server: true\nmail-password: "s3cret" "s3cret"\n', /line 2, column 25: /],
    ['alias.yml', 'server: true\nmail-password: *s3cret\n', /valid YML: /],
    ['list.yml', '- a\n', /must be a map/],
    ['bad.json', '{', /valid JSON: line 1, column 2: /],
    [
      'later.json',
      '{\n  "mail-password": "s3cret",\n  "ü": s3cret\n}',
      /valid JSON: line 3, column 8: invalid character 's'/,
    ],
    ['short.json', '{"mail-password": "s3cret', /valid JSON: line 1, column 26: /],
    ['more.json', '{"mail-password": "s3cret"}\n}', /valid JSON: line 2, column 1: /],
    ['bad.toml', '= 1', /valid TOML: line 1, column \d+: /],
    ['later.toml', 'server = true\nmail-password = s3cret\n', /valid TOML: line 2, column \d+: /],
    ['bad.env', 'SERVER=true\nMAIL-PASSWORD=s3cret\n', /valid ENV: line 2, column 1: /],
    ['bad.ini', 'a=1', /\.json, \.toml, \.yaml or \.yml/],
    ['huge.yml', `# ${'x'.repeat(1_048_576)}`, /larger than 1048576 bytes/],
    ['noext', 'a: 1', /\.json, \.toml, \.yaml or \.yml/],
  ])('%s', async (name, text, message) => {
    const error = await load(write(name, text)).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain('s3cret');
  });

  it('a named file that is not there', async () => {
    await expect(load(join(folder, 'nope.yml'))).rejects.toThrow(/nope\.yml.*ENOENT/);
  });
});
