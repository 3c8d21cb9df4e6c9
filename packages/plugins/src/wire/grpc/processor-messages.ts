import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { PluginExecution, PluginTimestamp, ProcessorArgs } from '../processor.ts';
import type { MessageCodec, ReadField, Writable } from './fields.ts';
import {
  BYTES,
  codec,
  readNested,
  readText,
  tagOf,
  VARINT,
  writeBool,
  writeBytes,
  writeString,
  writeTexts,
  writeUint,
} from './fields.ts';

const readTimestamp: ReadField<PluginTimestamp> = (tag, reader, message) => {
  if (tag === tagOf(1, VARINT)) message.seconds = BigInt(reader.int64());
  else if (tag === tagOf(2, VARINT)) message.nanos = reader.int32();
  else return false;
  return true;
};

const noTime = (): Writable<PluginTimestamp> => ({ seconds: 0n, nanos: 0 });

const readExecution: ReadField<PluginExecution> = (tag, reader, message) => {
  if (tag === tagOf(1, BYTES)) message.jobName = reader.string();
  else if (tag === tagOf(2, VARINT)) message.success = reader.bool();
  else if (tag === tagOf(3, BYTES)) message.output = reader.bytes();
  else if (tag === tagOf(4, BYTES)) message.nodeName = reader.string();
  else if (tag === tagOf(5, VARINT)) message.group = BigInt(reader.int64());
  else if (tag === tagOf(6, VARINT)) message.attempt = reader.uint32();
  else if (tag === tagOf(7, BYTES)) message.startedAt = readNested<PluginTimestamp>(reader, noTime(), readTimestamp);
  else if (tag === tagOf(8, BYTES)) message.finishedAt = readNested<PluginTimestamp>(reader, noTime(), readTimestamp);
  else return false;
  return true;
};

const noExecution = (): Writable<PluginExecution> => ({
  jobName: '',
  success: false,
  output: new Uint8Array(),
  nodeName: '',
  group: 0n,
  attempt: 0,
});

const readNestedExecution = (reader: BinaryReader): PluginExecution =>
  readNested<PluginExecution>(reader, noExecution(), readExecution);

function writeTime(writer: BinaryWriter, field: number, time: PluginTimestamp | undefined): void {
  if (!time) return;
  writer.tag(field, BYTES).fork();
  if (time.seconds !== 0n) writer.tag(1, VARINT).int64(time.seconds);
  if (time.nanos !== 0) writer.tag(2, VARINT).int32(time.nanos);
  writer.join();
}

function writeExecution(writer: BinaryWriter, execution: PluginExecution): void {
  writer.tag(1, BYTES).fork();
  writeString(writer, 1, execution.jobName);
  writeBool(writer, 2, execution.success);
  writeBytes(writer, 3, execution.output);
  writeString(writer, 4, execution.nodeName);
  if (execution.group !== 0n) writer.tag(5, VARINT).int64(execution.group);
  writeUint(writer, 6, execution.attempt);
  writeTime(writer, 7, execution.startedAt);
  writeTime(writer, 8, execution.finishedAt);
  writer.join();
}

/** What processors are called with over gRPC: `types.v1.ProcessRequest`. */
export const processRequestCodec: MessageCodec<ProcessorArgs> = codec<ProcessorArgs>(
  'types.v1.ProcessRequest',
  () => ({ execution: noExecution(), config: new Map() }),
  (tag, reader, message) => {
    if (tag === tagOf(1, BYTES)) message.execution = readNestedExecution(reader);
    else if (tag === tagOf(2, BYTES)) readText(reader, message.config as Map<string, string>);
    else return false;
    return true;
  },
  ({ execution, config }, writer) => {
    writeExecution(writer, execution);
    writeTexts(writer, 2, config);
  },
);

/** What they answer: `types.v1.ProcessResponse`. */
export const processResponseCodec: MessageCodec<{ readonly execution: PluginExecution }> = codec<{
  readonly execution: PluginExecution;
}>(
  'types.v1.ProcessResponse',
  () => ({ execution: noExecution() }),
  (tag, reader, message) => {
    if (tag !== tagOf(1, BYTES)) return false;
    message.execution = readNestedExecution(reader);
    return true;
  },
  ({ execution }, writer) => writeExecution(writer, execution),
);
