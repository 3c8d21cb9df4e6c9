import { formatIp } from '../ip.ts';
import { type Address, PROTOCOL_CHECKSUM } from '../types.ts';
import type { QueryMessage, Relay } from '../wire/serf-messages.ts';
import type { SerfContext } from './context.ts';
import type { MemberState } from './member-list.ts';

const SECOND_MS = 1000;

/** Answers take a detour over other members too, so that a lossy path does not lose them. */
export class Relays {
  readonly #context: SerfContext;
  #tokens: number;
  #filledMs = 0;

  constructor(context: SerfContext) {
    this.#context = context;
    this.#tokens = context.tuning.relaysPerSecond;
  }

  /** Sends an answer over as many random members as the query asks for, if there are as many. */
  send(query: QueryMessage, to: Address, answer: Uint8Array): void {
    const context = this.#context;
    const { relayFactor, sourceNode: name, addr, port } = query;
    if (relayFactor === 0 || context.members.size < relayFactor + 1) return;
    const relay = { type: 'relay', address: { ip: addr, port, zone: '' }, name, inner: answer } as const;
    const body = context.encode(relay);
    if (body.length > context.tuning.queryResponseLimitBytes) {
      context.notice('overflow', name, `relay of ${body.length} bytes for ${to.ip}:${to.port}`);
      return;
    }
    for (const helper of context.pickAlive(relayFactor, readsRelays))
      context.sendDirect(helper.node.address, helper.name, body);
  }

  /** Passes on what another member relays: to members only, and not without end. The original passes on to anywhere. */
  take({ address, name, inner }: Relay): void {
    const context = this.#context;
    const ip = formatIp(address.ip);
    const { port } = address;
    const target = this.#memberAt(name, ip, port);
    if (target === undefined) {
      context.notice('refused', `${ip}:${port}`, `relay to no member, named ${JSON.stringify(name)}`);
    } else if (!this.#takeToken()) {
      context.notice('overflow', target.name, 'relays come too fast');
    } else {
      context.sendDirect(target.node.address, target.name, inner.slice());
    }
  }

  #memberAt(name: string, ip: string | undefined, port: number): MemberState | undefined {
    const { members } = this.#context;
    const isThere = ({ node }: MemberState): boolean => node.address.ip === ip && node.address.port === port;
    if (name !== '') {
      const named = members.get(name);
      return named !== undefined && isThere(named) ? named : undefined;
    }
    for (const member of members.all()) if (isThere(member)) return member;
    return undefined;
  }

  #takeToken(): boolean {
    const { nowMs, tuning } = this.#context;
    const perSecond = tuning.relaysPerSecond;
    this.#tokens = Math.min(perSecond, this.#tokens + ((nowMs - this.#filledMs) * perSecond) / SECOND_MS);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

function readsRelays({ node }: MemberState): boolean {
  return (node.versions?.protocolMax ?? 0) >= PROTOCOL_CHECKSUM;
}
