import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { PluginWireError } from '../errors.ts';

/** What the broker's stream carries: `plugin.ConnInfo`. */
export interface ConnInfo {
  /** Number of the connection, by `BrokerIds` of whoever listens. */
  readonly serviceId: number;
  readonly network: string;
  readonly address: string;
  /** Only where all connections share one socket, which Dkron does not do. */
  readonly knock?: { readonly knock: boolean; readonly ack: boolean; readonly error: string };
}

/** What a plugin printed: `plugin.StdioData`. */
export interface StdioData {
  /** 1 standard output, 2 standard error, 0 or others: unknown. */
  readonly channel: number;
  readonly data: Uint8Array;
}

/** `types.v1.ExecuteRequest`. */
export interface PluginExecuteRequest {
  readonly jobName: string;
  /** In the order of the wire, which is any. */
  readonly config: ReadonlyMap<string, string>;
  /** Where progress goes: a broker id that the host announced, 0 for nowhere. */
  readonly statusServer: number;
}

/** `types.v1.ExecuteResponse`. */
export interface PluginExecuteResponse {
  readonly output: Uint8Array;
  /** Empty: success. */
  readonly error: string;
}

/** `types.v1.StatusUpdateRequest`: a piece of output while the run goes on. */
export interface StatusUpdate {
  readonly output: Uint8Array;
  /** Whether it went to standard error. */
  readonly error: boolean;
}

/** Reads and writes one kind of message. `decode` throws `PluginWireError` `PLUGIN_MESSAGE`. */
export interface MessageCodec<T> {
  encode(message: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
/** Reads the field of that number, if the tag is `number << 3 | wire type` of one we know. */
type ReadField<T> = (tag: number, reader: BinaryReader, message: Writable<T>) => boolean;

const VARINT = WireType.Varint;
const BYTES = WireType.LengthDelimited;

/** Tag of a field as one number. */
function tagOf(field: number, wireType: WireType): number {
  return (field << 3) | wireType;
}

function codec<T extends object>(
  name: string,
  zero: () => Writable<T>,
  readField: ReadField<T>,
  write: (message: T, writer: BinaryWriter) => void,
): MessageCodec<T> {
  return {
    encode: (message) => {
      const writer = new BinaryWriter();
      write(message, writer);
      return writer.finish();
    },
    decode: (bytes) => {
      try {
        return readFields(new BinaryReader(bytes), bytes.length, zero(), readField);
      } catch (error) {
        throw new PluginWireError('PLUGIN_MESSAGE', `no ${name}: ${String(error)}`, {}, { cause: error });
      }
    },
  };
}

function readFields<T>(reader: BinaryReader, end: number, message: Writable<T>, readField: ReadField<T>): T {
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (!readField(tagOf(field, wireType), reader, message)) reader.skip(wireType, field);
  }
  if (reader.pos > end) throw new RangeError('a field ends after its message');
  return message;
}

function writeString(writer: BinaryWriter, field: number, text: string): void {
  if (text !== '') writer.tag(field, BYTES).string(text);
}

function writeBytes(writer: BinaryWriter, field: number, bytes: Uint8Array): void {
  if (bytes.length > 0) writer.tag(field, BYTES).bytes(bytes);
}

function writeUint(writer: BinaryWriter, field: number, value: number): void {
  if (value !== 0) writer.tag(field, VARINT).uint32(value);
}

function writeBool(writer: BinaryWriter, field: number, value: boolean): void {
  if (value) writer.tag(field, VARINT).bool(true);
}

function readNested<T>(reader: BinaryReader, message: Writable<T>, readField: ReadField<T>): T {
  const length = reader.uint32();
  return readFields(reader, reader.pos + length, message, readField);
}

type Knock = NonNullable<ConnInfo['knock']>;

const readKnock: ReadField<Knock> = (tag, reader, message) => {
  if (tag === tagOf(1, VARINT)) message.knock = reader.bool();
  else if (tag === tagOf(2, VARINT)) message.ack = reader.bool();
  else if (tag === tagOf(3, BYTES)) message.error = reader.string();
  else return false;
  return true;
};

export const connInfoCodec: MessageCodec<ConnInfo> = codec<ConnInfo>(
  'plugin.ConnInfo',
  () => ({ serviceId: 0, network: '', address: '' }),
  (tag, reader, message) => {
    if (tag === tagOf(1, VARINT)) message.serviceId = reader.uint32();
    else if (tag === tagOf(2, BYTES)) message.network = reader.string();
    else if (tag === tagOf(3, BYTES)) message.address = reader.string();
    else if (tag === tagOf(4, BYTES)) {
      message.knock = readNested<Knock>(reader, { knock: false, ack: false, error: '', ...message.knock }, readKnock);
    } else return false;
    return true;
  },
  ({ serviceId, network, address, knock }, writer) => {
    writeUint(writer, 1, serviceId);
    writeString(writer, 2, network);
    writeString(writer, 3, address);
    if (!knock) return;
    writer.tag(4, BYTES).fork();
    writeBool(writer, 1, knock.knock);
    writeBool(writer, 2, knock.ack);
    writeString(writer, 3, knock.error);
    writer.join();
  },
);

export const stdioDataCodec: MessageCodec<StdioData> = codec<StdioData>(
  'plugin.StdioData',
  () => ({ channel: 0, data: new Uint8Array() }),
  (tag, reader, message) => {
    if (tag === tagOf(1, VARINT)) message.channel = reader.int32();
    else if (tag === tagOf(2, BYTES)) message.data = reader.bytes();
    else return false;
    return true;
  },
  ({ channel, data }, writer) => {
    if (channel !== 0) writer.tag(1, VARINT).int32(channel);
    writeBytes(writer, 2, data);
  },
);

interface Entry {
  readonly key: string;
  readonly value: string;
}

const readEntry: ReadField<Entry> = (tag, reader, message) => {
  if (tag === tagOf(1, BYTES)) message.key = reader.string();
  else if (tag === tagOf(2, BYTES)) message.value = reader.string();
  else return false;
  return true;
};

export const executeRequestCodec: MessageCodec<PluginExecuteRequest> = codec<PluginExecuteRequest>(
  'types.v1.ExecuteRequest',
  () => ({ jobName: '', config: new Map(), statusServer: 0 }),
  (tag, reader, message) => {
    if (tag === tagOf(1, BYTES)) message.jobName = reader.string();
    else if (tag === tagOf(2, BYTES)) {
      const { key, value } = readNested<Entry>(reader, { key: '', value: '' }, readEntry);
      (message.config as Map<string, string>).set(key, value);
    } else if (tag === tagOf(3, VARINT)) message.statusServer = reader.uint32();
    else return false;
    return true;
  },
  ({ jobName, config, statusServer }, writer) => {
    writeString(writer, 1, jobName);
    for (const [key, value] of config) {
      writer.tag(2, BYTES).fork();
      writer.tag(1, BYTES).string(key).tag(2, BYTES).string(value);
      writer.join();
    }
    writeUint(writer, 3, statusServer);
  },
);

export const executeResponseCodec: MessageCodec<PluginExecuteResponse> = codec<PluginExecuteResponse>(
  'types.v1.ExecuteResponse',
  () => ({ output: new Uint8Array(), error: '' }),
  (tag, reader, message) => {
    if (tag === tagOf(1, BYTES)) message.output = reader.bytes();
    else if (tag === tagOf(2, BYTES)) message.error = reader.string();
    else return false;
    return true;
  },
  ({ output, error }, writer) => {
    writeBytes(writer, 1, output);
    writeString(writer, 2, error);
  },
);

export const statusUpdateCodec: MessageCodec<StatusUpdate> = codec<StatusUpdate>(
  'types.v1.StatusUpdateRequest',
  () => ({ output: new Uint8Array(), error: false }),
  (tag, reader, message) => {
    if (tag === tagOf(2, BYTES)) message.output = reader.bytes();
    else if (tag === tagOf(3, VARINT)) message.error = reader.bool();
    else return false;
    return true;
  },
  ({ output, error }, writer) => {
    writeBytes(writer, 2, output);
    writeBool(writer, 3, error);
  },
);
