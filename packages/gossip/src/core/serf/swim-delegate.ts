import { formatIp } from '../ip.ts';
import type { SwimDelegate } from '../swim/effects.ts';
import { retransmitLimit } from '../swim/scale.ts';
import { decodeVersions, type Member, NODE_STATES } from '../types.ts';
import type { Alive, PushNodeState } from '../wire/messages.ts';
import type { SerfContext } from './context.ts';
import { readTags } from './member-list.ts';

const NO_BYTES = new Uint8Array(0);

/** What the Serf layer has SWIM do for it. */
export function swimDelegate(
  context: SerfContext,
  {
    userState,
    ackPayload,
  }: { readonly userState: () => Uint8Array; readonly ackPayload: (() => Uint8Array) | undefined },
): SwimDelegate {
  const { queues, members, options, modules } = context;
  const { accepts } = modules;
  return {
    userState,
    ...(ackPayload && { ackPayload }),
    hasBroadcasts: () => !queues.isEmpty,
    takeBroadcasts: (overheadBytes, limitBytes, maxItems) => {
      const limit = retransmitLimit(options.swim.retransmitMult, Math.max(1, members.size));
      return queues.take(overheadBytes, limitBytes, limit, maxItems);
    },
    ...(accepts && {
      acceptsAlive: (alive) => {
        if (alive.node === context.name) return true;
        const member = memberIn({ ...alive, name: alive.node, state: 0 });
        return member !== undefined && accepts([member]);
      },
      acceptsMerge: (nodes) => {
        const joining = nodes.map(memberIn);
        return joining.every((member) => member !== undefined) && accepts(joining);
      },
    }),
  };
}

type Claimed = Pick<Alive, 'addr' | 'port' | 'meta' | 'vsn'> & Pick<PushNodeState, 'name' | 'state'>;

/** What a member says of itself; `undefined` if that cannot be. */
function memberIn({ name, addr, port, meta, vsn, state }: Claimed | PushNodeState): Member | undefined {
  const ip = formatIp(addr);
  const versions = decodeVersions(vsn);
  if (ip === undefined || versions === undefined) return undefined;
  const nodeState = NODE_STATES[state];
  const status = nodeState === 'dead' ? 'failed' : nodeState === 'left' ? 'left' : 'alive';
  return { name, address: { ip, port }, tags: readTags(meta ?? NO_BYTES), status, versions };
}
