import { Message } from '@dkron/raft/core';
import type { Entry, NodeId } from '@dkron/raft/core';
import {
  decodeConfState,
  decodeEntryBatch,
  encodeConfState,
  entryBatchBytes,
  summarizeEntries,
  writeEntryBatch,
} from '@dkron/raft/storage';
import type { ByteReader, ByteWriter, EntrySummary } from '@dkron/raft/storage';
import { malformed } from '../errors.ts';
import { typeNumber, typeOfNumber } from './kinds.ts';
import { looseEntriesBytes, readLooseEntries, writeLooseEntries } from './loose-entries.ts';

/**
 * One message, little-endian: `type u8 · fields u16 · the fields whose bits are set, in the order of the bits`.
 * A field that is 0 or empty has no bit, so every message has one encoding.
 */
const FIELD = {
  /** Texts behind a u16 length; without the bit the server that opened the stream, and the one that serves it. */
  from: 1 << 0,
  to: 1 << 1,
  term: 1 << 2,
  logTerm: 1 << 3,
  index: 1 << 4,
  commit: 1 << 5,
  rejectHint: 1 << 6,
  vote: 1 << 7,
  /** No bytes: the bit says it. */
  reject: 1 << 8,
  /** Bytes behind a u32 length. */
  context: 1 << 9,
  /** index u64 · term u64 · membership behind a u32 length. */
  snapshot: 1 << 10,
  /** Consecutive entries of a log: a batch behind its u32 length. */
  entries: 1 << 11,
  /** Entries that are no part of a log yet. */
  looseEntries: 1 << 12,
} as const;
/** Numbers of eight bytes, in the order of their bits. */
const NUMBERS = [
  ['term', FIELD.term],
  ['logTerm', FIELD.logTerm],
  ['index', FIELD.index],
  ['commit', FIELD.commit],
  ['rejectHint', FIELD.rejectHint],
] as const;
const ALL_FIELDS = (1 << 13) - 1;
const HEAD_BYTES = 3;
/** Smallest encoding of a message. */
export const MIN_MESSAGE_BYTES = HEAD_BYTES;

/** The two ends of a stream: what `from` and `to` of nearly every message are. */
export interface Ends {
  readonly from: NodeId;
  readonly to: NodeId;
}

/** A message and what its encoding needs, worked out once. */
export interface PlannedMessage {
  readonly message: Message;
  readonly type: number;
  readonly fields: number;
  /** Length of the encoding. */
  readonly bytes: number;
  readonly summary: EntrySummary | undefined;
  readonly confState: Uint8Array | undefined;
}

/** @throws TypeError when the message is none that travels, or a field is out of range */
export function planMessage(message: Message, ends: Ends): PlannedMessage {
  const type = typeNumber(message.type);
  if (type === undefined || message.responses.length > 0) {
    throw new TypeError(`message ${message.type} never leaves its server`);
  }
  let fields = 0;
  let bytes = HEAD_BYTES;
  if (message.from !== ends.from) {
    fields |= FIELD.from;
    bytes += idBytes(message.from);
  }
  if (message.to !== ends.to) {
    fields |= FIELD.to;
    bytes += idBytes(message.to);
  }
  for (const [name, bit] of NUMBERS) {
    if (!isSet(message[name], name)) continue;
    fields |= bit;
    bytes += 8;
  }
  if (message.vote !== '') {
    fields |= FIELD.vote;
    bytes += idBytes(message.vote);
  }
  if (message.reject) fields |= FIELD.reject;
  if (message.context.byteLength > 0) {
    fields |= FIELD.context;
    bytes += 4 + message.context.byteLength;
  }
  let confState: Uint8Array | undefined;
  if (message.snapshot !== undefined) {
    isSet(message.snapshot.index, 'snapshot.index');
    isSet(message.snapshot.term, 'snapshot.term');
    confState = encodeConfState(message.snapshot.confState);
    fields |= FIELD.snapshot;
    bytes += 20 + confState.byteLength;
  }
  let summary: EntrySummary | undefined;
  if (message.entries.length > 0) {
    summary = summaryOf(message.entries);
    fields |= summary === undefined ? FIELD.looseEntries : FIELD.entries;
    bytes += summary === undefined ? looseEntriesBytes(message.entries) : 4 + entryBatchBytes(summary);
  }
  return { message, type, fields, bytes, summary, confState };
}

export function writeMessage(plan: PlannedMessage, writer: ByteWriter): void {
  const { message, fields, summary, confState } = plan;
  writer.u8(plan.type);
  writer.u16(fields);
  if ((fields & FIELD.from) !== 0) writer.text(message.from);
  if ((fields & FIELD.to) !== 0) writer.text(message.to);
  if ((fields & FIELD.term) !== 0) writer.u64(message.term);
  if ((fields & FIELD.logTerm) !== 0) writer.u64(message.logTerm);
  if ((fields & FIELD.index) !== 0) writer.u64(message.index);
  if ((fields & FIELD.commit) !== 0) writer.u64(message.commit);
  if ((fields & FIELD.rejectHint) !== 0) writer.u64(message.rejectHint);
  if ((fields & FIELD.vote) !== 0) writer.text(message.vote);
  if ((fields & FIELD.context) !== 0) {
    writer.u32(message.context.byteLength);
    writer.raw(message.context);
  }
  if (message.snapshot !== undefined && confState !== undefined) {
    writer.u64(message.snapshot.index);
    writer.u64(message.snapshot.term);
    writer.u32(confState.byteLength);
    writer.raw(confState);
  }
  if (summary !== undefined) {
    writer.u32(entryBatchBytes(summary));
    writer.offset = writeEntryBatch(message.entries, summary, writer.bytes, writer.offset);
  } else if ((fields & FIELD.looseEntries) !== 0) {
    writeLooseEntries(message.entries, writer);
  }
}

/**
 * Reads one message. The data of its entries are views of the reader's bytes; everything else is copied.
 * @throws StorageError, TransportError
 */
export function readMessage(reader: ByteReader, ends: Ends): Message {
  const type = typeOfNumber(reader.u8());
  if (type === undefined) throw malformed('unknown kind of message');
  const fields = reader.u16();
  if ((fields & ~ALL_FIELDS) !== 0) throw malformed(`unknown fields ${fields}`);
  const from = (fields & FIELD.from) !== 0 ? reader.text() : ends.from;
  const to = (fields & FIELD.to) !== 0 ? reader.text() : ends.to;
  const message = new Message(type, from, to);
  if ((fields & FIELD.term) !== 0) message.term = positive(reader);
  if ((fields & FIELD.logTerm) !== 0) message.logTerm = positive(reader);
  if ((fields & FIELD.index) !== 0) message.index = positive(reader);
  if ((fields & FIELD.commit) !== 0) message.commit = positive(reader);
  if ((fields & FIELD.rejectHint) !== 0) message.rejectHint = positive(reader);
  if ((fields & FIELD.vote) !== 0) message.vote = reader.text();
  message.reject = (fields & FIELD.reject) !== 0;
  if ((fields & FIELD.context) !== 0) message.context = Uint8Array.from(part(reader));
  if ((fields & FIELD.snapshot) !== 0) {
    const index = reader.u64();
    const term = reader.u64();
    message.snapshot = { index, term, confState: decodeConfState(part(reader)) };
  }
  if ((fields & FIELD.entries) !== 0) {
    message.entries = decodeEntryBatch(part(reader));
    if (message.entries.length === 0) throw malformed('a batch of no entries');
  }
  if ((fields & FIELD.looseEntries) !== 0) {
    if (message.entries.length > 0) throw malformed('entries twice');
    message.entries = readLooseEntries(reader);
  }
  return message;
}

function positive(reader: ByteReader): number {
  const value = reader.u64();
  if (value === 0) throw malformed('a field that is 0', { offset: reader.offset });
  return value;
}

/** Bytes behind a u32 length, as a view; never empty. */
function part(reader: ByteReader): Uint8Array {
  const length = reader.u32();
  if (length === 0) throw malformed('an empty field', { offset: reader.offset });
  return reader.raw(length);
}

function isSet(value: number, name: string): boolean {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new TypeError(`${name} of a message is ${value}; safe integers from 0 are allowed`);
  }
  return value !== 0;
}

function idBytes(id: NodeId): number {
  const bytes = 2 + Buffer.byteLength(id);
  if (bytes > 0xffff) throw new TypeError(`an id of ${bytes - 2} bytes; at most 65533 are allowed`);
  return bytes;
}

/** Summary of entries that follow each other in a log; undefined when they do not. */
function summaryOf(entries: readonly Entry[]): EntrySummary | undefined {
  if (entries[0]!.index < 1 || entries[0]!.term < 1) return checkLoose(entries);
  for (let i = 1; i < entries.length; i++) {
    const entry = entries[i]!;
    if (entry.index !== entries[i - 1]!.index + 1 || entry.term < entries[i - 1]!.term) return checkLoose(entries);
  }
  return summarizeEntries(entries);
}

function checkLoose(entries: readonly Entry[]): undefined {
  for (const { term, index, type } of entries) {
    isSet(term, 'term of an entry');
    isSet(index, 'index of an entry');
    if (type !== 0 && type !== 1 && type !== 2) throw new TypeError(`type of an entry is ${String(type)}`);
  }
}
