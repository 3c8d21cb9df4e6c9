import { describe, expect, it } from 'vitest';
import { argumentsOfNode } from './heap-settings.ts';

const NODE = {
  argv: ['/bin/node', '/dkron/main.js', 'agent', '--server'],
  execArgv: ['--enable-source-maps'],
  env: {},
};
const YOUNG = '--max-semi-space-size=32';
const OLD = '--heap-growing-percent=40';

describe('argumentsOfNode', () => {
  it('starts a node anew with a heap that grows less, once', () => {
    const again = argumentsOfNode(NODE);
    expect(again).toEqual(['/bin/node', '--enable-source-maps', YOUNG, OLD, '/dkron/main.js', 'agent', '--server']);
    expect(argumentsOfNode({ ...NODE, execArgv: again!.slice(1, 4) })).toBeUndefined();
  });

  it('leaves alone what is given', () => {
    const flagsOf = (facts: Parameters<typeof argumentsOfNode>[0]): string[] | undefined =>
      argumentsOfNode(facts)?.slice(1, -3);
    expect(flagsOf({ ...NODE, execArgv: ['--max_semi_space_size=4'] })).toEqual(['--max_semi_space_size=4', OLD]);
    const env = { NODE_OPTIONS: '--no-warnings --max-semi-space-size=64' };
    expect(flagsOf({ ...NODE, execArgv: [], env })).toEqual([OLD]);
    expect(flagsOf({ ...NODE, execArgv: ['--heap-growing-percent=0'], env })).toBeUndefined();
  });

  it('leaves alone other commands, and a forked process', () => {
    const [node = '', script = ''] = NODE.argv;
    for (const facts of [
      { ...NODE, argv: [node, script, 'job', 'list'] },
      { ...NODE, argv: [node] },
      { ...NODE, channel: {} },
    ])
      expect(argumentsOfNode(facts)).toBeUndefined();
  });
});
