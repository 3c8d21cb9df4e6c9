import { type EpochNanos, NANOS_PER_SECOND, ZERO_TIME } from '@dkron/runtime';
import { implicit, nullable, type Field } from './field.ts';
import { fixed, whole, type Kind } from './kind.ts';
import { message, sub, type Message } from './message.ts';

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
const INT64_MIN = -(1n << 63n);
const INT64_MAX = (1n << 63n) - 1n;

/** `Instant`: nanoseconds where they fit 64 bits (1677 … 2262); empty = ZERO_TIME; else seconds and nanoseconds. */
export const instant: Kind<EpochNanos> = {
  wireType: asMessage.wireType,
  write(writer, value) {
    if (value === ZERO_TIME) {
      writer.varint(0);
      return;
    }
    const near = value >= INT64_MIN && value <= INT64_MAX;
    asMessage.write(writer, near ? { nanos: value, farSeconds: null, farNanos: 0 } : far(value));
  },
  read(reader) {
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
