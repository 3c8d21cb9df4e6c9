import type { ToServer, ToWorker } from '@dkron/jobs';
import { decode, encode } from '../wire/message.ts';
import { toServer } from './to-server.ts';
import { toWorker } from './to-worker.ts';

/** A newer peer may send fields that we do not know yet; it must not send new kinds of message. */
const LENIENT = { strict: false } as const;

/** The bytes of one message of a session from a worker. @throws ContractError */
export function toServerToWire(messages: readonly ToServer[]): Uint8Array {
  return encode(toServer, { messages });
}

/** @throws ContractError for anything but a `dkron.agent.v1.ToServer`. */
export function toServerFromWire(bytes: Uint8Array): readonly ToServer[] {
  return decode(toServer, bytes, LENIENT).messages;
}

/** The bytes of one message of a session to a worker. @throws ContractError */
export function toWorkerToWire(messages: readonly ToWorker[]): Uint8Array {
  return encode(toWorker, { messages });
}

/** @throws ContractError for anything but a `dkron.agent.v1.ToWorker`. */
export function toWorkerFromWire(bytes: Uint8Array): readonly ToWorker[] {
  return decode(toWorker, bytes, LENIENT).messages;
}
