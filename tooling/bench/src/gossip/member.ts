/** One member of ours for the gossip figures: told what to be by its parent, then left alone. */
import { create, type CreateOptions } from '@dkron/gossip';
import { systemClock as clock, systemRandom as random, systemTimers as timers } from '@dkron/runtime/system';

process.once('message', ({ options, join }: { options: CreateOptions; join: string | undefined }) => {
  const node = create(options, { clock, random, timers });
  void (async () => {
    await node.start();
    if (join !== undefined) await node.join([join]);
    process.send?.(node.address);
  })();
});
process.on('disconnect', () => process.exit(0));
