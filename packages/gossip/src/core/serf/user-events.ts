import type { UserEventMessage } from '../wire/serf-messages.ts';
import type { SerfContext } from './context.ts';
import { SerfError } from './errors.ts';
import { LamportRing } from './lamport-ring.ts';
import { USER_EVENT_MAX_BYTES } from './options.ts';

/** Events of one Lamport time, from different members. */
const MAX_PER_TIME = 256;
const MAX_BYTES = 16 * 1_048_576;
/** What keeping one costs besides its bytes. */
const ITEM_BYTES = 128;
const NO_BYTES = new Uint8Array(0);
const byteText = new TextDecoder('latin1');

interface Kept {
  readonly name: string;
  readonly payload: Uint8Array | null;
}

/** User events: each reaches each member once. */
export class UserEvents {
  readonly ring: LamportRing<Kept>;
  readonly #context: SerfContext;
  readonly #deliver: (event: UserEventMessage) => void;

  constructor(context: SerfContext, deliver: (event: UserEventMessage) => void) {
    this.#context = context;
    this.#deliver = deliver;
    const slots = context.tuning.eventBufferSize;
    this.ring = new LamportRing(context.eventClock, { slots, itemsPerSlot: MAX_PER_TIME, maxBytes: MAX_BYTES });
  }

  /** One of ours: delivers it to ourselves, and returns the bytes to pass on. Throws SerfError. */
  send(name: string, payload: Uint8Array, coalesce: boolean): Uint8Array {
    const context = this.#context;
    const limit = context.tuning.userEventLimitBytes;
    const event = {
      type: 'userEvent',
      name,
      payload: payload.slice(),
      coalesce,
      lamportTime: context.eventClock.time,
    } as const;
    const body = context.encode(event);
    if (body.length > limit) {
      throw new SerfError(
        'GOSSIP_TOO_LARGE',
        `user event ${name}: ${body.length} bytes encoded, allowed are ${limit}`,
        {
          bytes: body.length,
          limit,
        },
      );
    }
    context.eventClock.tick();
    this.take(event);
    return body;
  }

  /** Whether it is new, and so to be passed on. */
  take(event: UserEventMessage): boolean {
    const { name, payload, lamportTime } = event;
    const bytes = name.length + (payload?.length ?? 0);
    if (bytes > USER_EVENT_MAX_BYTES) {
      this.#context.notice('overflow', name, `user event of ${bytes} bytes`);
      return false;
    }
    const item = { name, payload };
    const result = this.ring.put(lamportTime, keyOf(item), item, bytes + ITEM_BYTES);
    if (result === 'outdated') this.#context.notice('outdated', name, `user event of Lamport time ${lamportTime}`);
    if (result === 'full') this.#context.notice('overflow', name, `more than ${MAX_PER_TIME} user events of one time`);
    if (result !== 'new') return false;
    this.#deliver({ ...event, payload: payload ?? NO_BYTES });
    return true;
  }
}

/** The same for equal name and payload only: each byte is a character of its own. */
function keyOf({ name, payload }: Kept): string {
  return `${name.length} ${name}${byteText.decode(payload ?? NO_BYTES)}`;
}
