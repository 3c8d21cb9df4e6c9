import { WireError } from '../errors.ts';
import { f64, list } from './kinds.ts';
import { MsgpackReader } from './msgpack-reader.ts';
import { MsgpackWriter } from './msgpack-writer.ts';
import { field, Struct } from './struct.ts';

/** A place in the network's latency space, in seconds (Vivaldi with height). */
export interface Coordinate {
  readonly adjustment: number;
  readonly error: number;
  readonly height: number;
  /** Eight dimensions, if it is to be used. */
  readonly vec: readonly number[] | null;
}

/** Version of the payload that Serf puts in acks. */
const PING_VERSION = 1;
const MAX_DIMENSIONS = 64;

const coordinate = new Struct<Coordinate>(
  {},
  {
    adjustment: field('Adjustment', f64),
    error: field('Error', f64),
    height: field('Height', f64),
    vec: field('Vec', list(f64, MAX_DIMENSIONS)),
  },
);

/** The payload of an ack. */
export function encodeCoordinate(value: Coordinate): Uint8Array {
  const out = new MsgpackWriter();
  out.byte(PING_VERSION);
  coordinate.write(out, value);
  return out.finish();
}

/** From the payload of an ack. Numbers may be NaN or infinite. Throws {@link WireError}, also for other versions. */
export function decodeCoordinate(payload: Uint8Array): Coordinate {
  const version = payload[0];
  if (version === PING_VERSION) return coordinate.read(new MsgpackReader(payload, 1));
  throw new WireError('GOSSIP_WIRE_MESSAGE', `coordinate of version ${version ?? 'none'}, known is ${PING_VERSION}`);
}
