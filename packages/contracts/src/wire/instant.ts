import { type EpochNanos, NANOS_PER_SECOND, ZERO_TIME } from '@dkron/runtime';
import { implicit, nullable, type Field } from './field.ts';
import { fixed, INT64_MAX, INT64_MIN, whole, type Kind } from './kind.ts';
import { message, sub, type Message } from './message.ts';
import { DELIMITED, FIXED64 } from './reader.ts';

interface WireInstant {
  readonly nanos: bigint | null;
  readonly farSeconds: bigint | null;
  readonly farNanos: number;
}

const wireInstant: Message<WireInstant> = message('Instant', {
  nanos: nullable(1, fixed),
  farSeconds: nullable(2, fixed),
  farNanos: implicit(3, whole, 0),
});
const asMessage = sub(wireInstant);
const NANOS_TAG = (1 << 3) | FIXED64;
/** Tag and 64 bits. */
const NEAR_BYTES = 9;

/** `Instant`: nanoseconds where they fit 64 bits (1677 … 2262); empty = ZERO_TIME; else seconds and nanoseconds. */
export const instant: Kind<EpochNanos> = {
  wireType: DELIMITED,
  write(writer, value) {
    if (value >= INT64_MIN && value <= INT64_MAX) {
      // What `asMessage` writes, without an object in between: commands are full of these.
      writer.varint(NEAR_BYTES);
      writer.varint(NANOS_TAG);
      writer.fixed64(value);
    } else if (value === ZERO_TIME) writer.varint(0);
    else asMessage.write(writer, far(value));
  },
  read(reader) {
    const near = reader.shortcut(NEAR_BYTES, NANOS_TAG);
    if (near !== null) return near;
    const { nanos, farSeconds, farNanos } = asMessage.read(reader);
    if (nanos !== null) return nanos;
    return farSeconds === null ? ZERO_TIME : farSeconds * NANOS_PER_SECOND + BigInt(farNanos);
  },
};

/** ZERO_TIME is left out. */
export const instantField = (number: number): Field<EpochNanos> => implicit(number, instant, ZERO_TIME);

/** Null is left out. */
export const nullableInstant = (number: number): Field<EpochNanos | null> => nullable(number, instant);

function far(value: EpochNanos): WireInstant {
  const nanos = ((value % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND;
  return { nanos: null, farSeconds: (value - nanos) / NANOS_PER_SECOND, farNanos: Number(nanos) };
}
