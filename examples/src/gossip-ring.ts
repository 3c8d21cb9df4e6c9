/**
 * A pool of three in this process: they find each other, tell, ask, change their keys; one leaves and one falls silent.
 * In earnest each runs on a host of its own; real Serf agents may be among them.
 */
import { create, type GossipNode } from '@dkron/gossip';
import { systemClock as clock, systemRandom as random, systemTimers as timers } from '@dkron/runtime/system';

const text = new TextDecoder();
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
const newKey = (): string => Buffer.from(random.bytes(16)).toString('base64');
const at = ({ address }: GossipNode): string => `${address.ip}:${address.port}`;

const firstKey = newKey();
const nodes = ['ada', 'bob', 'cyd', 'dan'].map((name) =>
  create(
    {
      name,
      bindIp: '127.0.0.1',
      bindPort: 0,
      profile: 'local',
      // Quicker than in earnest, so that this example ends soon.
      swim: { gossipIntervalMs: 20, probeIntervalMs: 300, suspicionMult: 2, retransmitMult: 4 },
      serf: { leavePropagateDelayMs: 200 },
      tags: { city: name === 'ada' ? 'Bern' : 'Oslo' },
      keys: [firstKey],
    },
    { clock, random, timers },
  ),
);
const [ada, bob, cyd, dan] = nodes as [GossipNode, GossipNode, GossipNode, GossipNode];
for (const node of nodes) await node.start();

/** Resolves when `node` sees that happen to `name`. */
async function sees(node: GossipNode, change: string, name: string): Promise<void> {
  for await (const event of node.events('memberChange')) {
    if (event.change === change && event.member.name === name) break;
  }
}

const everybody = Promise.all(
  nodes.flatMap((node) => nodes.filter((other) => other !== node).map((other) => sees(node, 'join', other.self.name))),
);
await bob.join([at(ada)]);
await cyd.join([at(bob)]);
await dan.join([at(ada)]);
await everybody;
console.log(
  'ada sees',
  ada
    .members()
    .map(({ name, tags }) => `${name} in ${tags['city']}`)
    .toSorted()
    .join(', '),
);

const heard = cyd.events('userEvent');
ada.userEvent('deploy', bytes('version 7'));
const { value: event } = await heard.next();
console.log('cyd heard', event?.name, text.decode(event?.payload));

for (const node of nodes) node.on('query', (query) => query.respond(bytes(`${node.self.name} at your service`)));
const answers: string[] = [];
const query = ada.query('who?', bytes(''), {
  filters: [{ kind: 'tag', tag: 'city', expression: '^Os' }],
  timeoutMs: 2000,
});
for await (const reply of query) {
  if (reply.type === 'answer') answers.push(text.decode(reply.payload));
  if (answers.length === 3) break;
}
console.log('from Oslo:', answers.toSorted().join(', '));

const secondKey = newKey();
await ada.keyring.install(secondKey);
await ada.keyring.use(secondKey);
await ada.keyring.remove(firstKey);
const { keys } = await bob.keyring.list();
console.log('all seal with the new key:', keys.size === 1 && keys.get(secondKey) === nodes.length);

const goodbye = sees(ada, 'leave', 'cyd');
await cyd.leave();
await cyd.stop();
await goodbye;
const silence = sees(ada, 'failed', 'dan');
await dan.stop(); // Without a word.
await silence;
console.log(
  'in the end',
  ada
    .members()
    .map(({ name, status }) => `${name} ${status}`)
    .toSorted()
    .join(', '),
);
await Promise.all(nodes.map((node) => node.stop()));
