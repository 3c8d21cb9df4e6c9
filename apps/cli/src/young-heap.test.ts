import { describe, expect, it } from 'vitest';
import { argumentsOfNode } from './young-heap.ts';

const NODE = {
  argv: ['/bin/node', '/dkron/main.js', 'agent', '--server'],
  execArgv: ['--enable-source-maps'],
  env: {},
};

describe('argumentsOfNode', () => {
  it('starts a node anew with a bounded space for young objects, once', () => {
    const again = argumentsOfNode(NODE);
    expect(again).toEqual([
      '/bin/node',
      '--enable-source-maps',
      '--max-semi-space-size=16',
      '/dkron/main.js',
      'agent',
      '--server',
    ]);
    expect(argumentsOfNode({ ...NODE, execArgv: again!.slice(1, 3) })).toBeUndefined();
  });

  it('leaves alone: other commands, a size already given, a forked process', () => {
    const [node = '', script = ''] = NODE.argv;
    for (const facts of [
      { ...NODE, argv: [node, script, 'job', 'list'] },
      { ...NODE, argv: [node] },
      { ...NODE, execArgv: ['--max_semi_space_size=4'] },
      { ...NODE, env: { NODE_OPTIONS: '--no-warnings --max-semi-space-size=64' } },
      { ...NODE, channel: {} },
    ]) {
      expect(argumentsOfNode(facts)).toBeUndefined();
    }
  });
});
