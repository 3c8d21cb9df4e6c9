import { type EpochNanos, NANOS_PER_SECOND } from '@dkron/runtime';
import type { Job_NullableTime } from '../gen/types/v1/dkron.ts';
import type { Timestamp } from '../gen/google/protobuf/timestamp.ts';

/** The zero time becomes second -62135596800. */
export function timestampToWire(at: EpochNanos): Timestamp {
  const nanos = ((at % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND;
  return { seconds: (at - nanos) / NANOS_PER_SECOND, nanos: Number(nanos) };
}

/** An absent timestamp is 1970, as the original reads it. */
export function timestampFromWire(at: Timestamp | undefined): EpochNanos {
  return at === undefined ? 0n : at.seconds * NANOS_PER_SECOND + BigInt(at.nanos);
}

/** Null is sent as a present, empty message. */
export function nullableTimeToWire(at: EpochNanos | null): Job_NullableTime {
  return at === null ? { hasValue: false, time: undefined } : { hasValue: true, time: timestampToWire(at) };
}

/** Nanoseconds since 1970; null for no time. */
export function nullableTimeFromWire(at: Job_NullableTime | undefined): EpochNanos | null {
  return at === undefined || !at.hasValue ? null : timestampFromWire(at.time);
}
