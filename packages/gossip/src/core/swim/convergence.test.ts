import fc from 'fast-check';
import { expect, it } from 'vitest';
import { aliveOf, LoneSwim } from '../../testing/lone-swim.ts';
import { seededRandom } from '@dkron/runtime/testing';
import type { PacketMessage } from '../wire/messages.ts';
import type { NodeState } from '../types.ts';

type Ending = 'alive' | 'suspect' | 'dead' | 'left';

interface Life {
  readonly incarnation: number;
  readonly ending: Ending;
}

/** All that was ever said of one life: nobody is accused of an incarnation that was never announced. */
function storyOf(node: string, host: number, { incarnation, ending }: Life): PacketMessage[] {
  const story: PacketMessage[] = [aliveOf(node, host, incarnation, { meta: Uint8Array.of(incarnation) })];
  if (ending === 'suspect' || ending === 'dead') story.push({ type: 'suspect', node, from: 'x', incarnation });
  if (ending === 'dead') story.push({ type: 'dead', node, from: 'x', incarnation });
  if (ending === 'left') story.push({ type: 'dead', node, from: node, incarnation });
  return story;
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.nextInt(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

type Table = Record<string, [state: NodeState, incarnation: number, meta: number | undefined]>;

const lives = fc.uniqueArray(
  fc.record({
    incarnation: fc.integer({ min: 1, max: 6 }),
    ending: fc.constantFrom<Ending>('alive', 'suspect', 'dead', 'left'),
  }),
  { selector: ({ incarnation }) => incarnation, minLength: 1, maxLength: 5 },
);

it('MergeState: messages that come in any order, again and again, end in the same table', () => {
  fc.assert(
    fc.property(
      fc.array(lives, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 0, max: 2 ** 31 }),
      (stories, seed) => {
        const messages = stories.flatMap((all, i) => all.flatMap((life) => storyOf(`n${i}`, i + 2, life)));
        const lone = new LoneSwim({ probeIntervalMs: 1e9, pushPullIntervalMs: 0, gossipIntervalMs: 1e9 });
        // Each pass brings at least one life further, so as many as there are messages always do.
        for (let pass = 0; pass < messages.length + 1; pass++) lone.hear(...shuffled(messages, seed + pass));
        const found: Table = {};
        for (const { name, state, incarnation, meta } of lone.swim.members()) {
          if (name !== 'me') found[name] = [state, incarnation, state === 'alive' ? meta[0] : undefined];
        }
        const expected: Table = {};
        for (const [i, all] of stories.entries()) {
          const last = all.reduce((a, b) => (a.incarnation > b.incarnation ? a : b));
          // An accusation may overtake the meta of its life: then they come with the refutation.
          const meta = last.ending === 'alive' ? last.incarnation : undefined;
          expected[`n${i}`] = [last.ending, last.incarnation, meta];
        }
        expect(found).toEqual(expected);
      },
    ),
  );
});
