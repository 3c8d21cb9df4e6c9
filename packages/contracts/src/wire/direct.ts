/**
 * Fields of the messages that ticks and requests write by the thousand, one call each: what `implicit`, `nullable` and `list` do,
 * without a walk over descriptions of fields. Tags are `number << 3 | wire type`.
 */
import { type EpochNanos, ZERO_TIME } from '@dkron/runtime';
import { ContractError } from '../errors.ts';
import { instant } from './instant.ts';
import { fixed, whole } from './kind.ts';
import type { Message } from './message.ts';
import type { WireReader } from './reader.ts';
import type { WireWriter } from './writer.ts';

/**
 * The same message, written by hand, and read so where it is given. Must give the same bytes and values: the tests compare
 * with the generated code.
 */
export function byHand<T>(
  body: Message<T>,
  writeBody: (writer: WireWriter, value: T) => void = body.writeBody,
  readBody: (reader: WireReader) => T = body.readBody,
): Message<T> {
  return { ...body, writeBody, readBody };
}

/** @throws ContractError for a required field that was not there */
export function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new ContractError(`${name} is missing`);
  return value;
}

export function putText(writer: WireWriter, tag: number, value: string): void {
  if (value === '') return;
  writer.varint(tag);
  writer.string(value);
}

export function putWhole(writer: WireWriter, tag: number, value: number): void {
  if (value === 0) return;
  writer.varint(tag);
  whole.write(writer, value);
}

export function putFlag(writer: WireWriter, tag: number, value: boolean): void {
  if (!value) return;
  writer.varint(tag);
  writer.varint(1);
}

export function putFixed(writer: WireWriter, tag: number, value: bigint): void {
  if (value === 0n) return;
  writer.varint(tag);
  fixed.write(writer, value);
}

export function putInstant(writer: WireWriter, tag: number, value: EpochNanos): void {
  if (value === ZERO_TIME) return;
  writer.varint(tag);
  instant.write(writer, value);
}

export function putNullableInstant(writer: WireWriter, tag: number, value: EpochNanos | null): void {
  if (value === null) return;
  writer.varint(tag);
  instant.write(writer, value);
}

export function putTexts(writer: WireWriter, tag: number, values: readonly string[]): void {
  for (const value of values) {
    writer.varint(tag);
    writer.string(value);
  }
}

export function putMessage<T>(writer: WireWriter, tag: number, value: T, body: Message<T>): void {
  writer.varint(tag);
  const at = writer.open();
  body.writeBody(writer, value);
  writer.close(at);
}

export function putMessages<T>(writer: WireWriter, tag: number, values: readonly T[], body: Message<T>): void {
  for (const value of values) putMessage(writer, tag, value, body);
}
