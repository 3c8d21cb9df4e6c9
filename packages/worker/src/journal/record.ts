import type { EndReason, ExecutionId, FinishedReport, Group, JobName } from '@dkron/jobs';
import { OUTPUT_HEAD_BYTES_MAX } from '@dkron/jobs';
import type { EpochNanos } from '@dkron/runtime';
import type { ByteWriter } from './bytes.ts';
import { ByteReader } from './bytes.ts';

/** Which attempt a record speaks of. */
export interface AttemptRef {
  readonly id: ExecutionId;
  readonly attempt: number;
  readonly group: Group;
  readonly jobName: JobName;
}

/** When an attempt's process started and what it can be found by; `startTime` is `''` when unknown. */
export interface StartInfo {
  readonly at: EpochNanos;
  /** 0 = none known. */
  readonly processGroup: number;
  readonly startTime: string;
}

export type JournalRecord =
  | { readonly type: 'term'; readonly clusterId: string; readonly maxTerm: bigint }
  | { readonly type: 'accept'; readonly ref: AttemptRef }
  | { readonly type: 'start'; readonly ref: AttemptRef; readonly start: StartInfo }
  | { readonly type: 'finish'; readonly ref: AttemptRef; readonly report: FinishedReport }
  | { readonly type: 'done'; readonly ref: AttemptRef };

const TYPES = ['term', 'accept', 'start', 'finish', 'done'] as const;
const REASONS: readonly (EndReason | null)[] = [
  null,
  'exit',
  'timeout',
  'executor',
  'unreachable',
  'lease',
  'restart',
  'cancelled',
];
const NO_REF: AttemptRef = { id: '', attempt: 0, group: 0n, jobName: '' };

/** Number of a record type in the file, from 1. */
export function recordType(record: JournalRecord): number {
  return TYPES.indexOf(record.type) + 1;
}

/** Body of a record: id, attempt, group, job, payload. Throws `record-size` for names over 65,535 bytes. */
export function writeBody(writer: ByteWriter, record: JournalRecord): void {
  const ref = record.type === 'term' ? NO_REF : record.ref;
  writer.text(ref.id).u32(ref.attempt).i64(ref.group).text(ref.jobName);
  if (record.type === 'term') writer.text(record.clusterId).i64(record.maxTerm);
  if (record.type === 'start') {
    writer.time(record.start.at).u32(record.start.processGroup).text(record.start.startTime);
  }
  if (record.type === 'finish') writeReport(writer, record.report);
}

/** Undefined when the body is not one of this version's. */
export function decodeBody(type: number, body: Uint8Array): JournalRecord | undefined {
  try {
    return readBody(TYPES[type - 1], new ByteReader(body));
  } catch {
    return undefined;
  }
}

function readBody(type: (typeof TYPES)[number] | undefined, reader: ByteReader): JournalRecord | undefined {
  const ref: AttemptRef = { id: reader.text(), attempt: reader.u32(), group: reader.i64(), jobName: reader.text() };
  switch (type) {
    case 'term':
      return { type, clusterId: reader.text(), maxTerm: reader.i64() };
    case 'accept':
    case 'done':
      return { type, ref };
    case 'start':
      return { type, ref, start: { at: reader.time(), processGroup: reader.u32(), startTime: reader.text() } };
    case 'finish':
      return { type, ref, report: readReport(reader) };
    case undefined:
      return undefined;
  }
}

function writeReport(writer: ByteWriter, report: FinishedReport): void {
  const { output } = report;
  const headApart = output.totalBytes > output.tail.length;
  writer.u8((report.success ? 1 : 0) | (report.cancelled ? 2 : 0) | (report.exitCode === null ? 0 : 4));
  writer.u8(REASONS.indexOf(report.reason)).u32((report.exitCode ?? 0) >>> 0);
  writer.time(report.startedAt).time(report.finishedAt).f64(output.totalBytes);
  writer.u32(headApart ? output.head.length : 0).raw(headApart ? output.head : output.head.subarray(0, 0));
  writer.raw(output.tail);
}

function readReport(reader: ByteReader): FinishedReport {
  const flags = reader.u8();
  const reason = REASONS[reader.u8()] ?? null;
  const exitCode = reader.u32() | 0;
  const startedAt = reader.time();
  const finishedAt = reader.time();
  const totalBytes = reader.f64();
  const headApart = reader.raw(reader.u32());
  const tail = reader.rest();
  const head = totalBytes > tail.length ? headApart : tail.subarray(0, OUTPUT_HEAD_BYTES_MAX);
  return {
    success: (flags & 1) !== 0,
    cancelled: (flags & 2) !== 0,
    reason,
    exitCode: (flags & 4) === 0 ? null : exitCode,
    startedAt,
    finishedAt,
    output: { head, tail, totalBytes },
  };
}
