import type { MessageCodec, ReadField } from './fields.ts';
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

export type { MessageCodec } from './fields.ts';

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

export const executeRequestCodec: MessageCodec<PluginExecuteRequest> = codec<PluginExecuteRequest>(
  'types.v1.ExecuteRequest',
  () => ({ jobName: '', config: new Map(), statusServer: 0 }),
  (tag, reader, message) => {
    if (tag === tagOf(1, BYTES)) message.jobName = reader.string();
    else if (tag === tagOf(2, BYTES)) {
      readText(reader, message.config as Map<string, string>);
    } else if (tag === tagOf(3, VARINT)) message.statusServer = reader.uint32();
    else return false;
    return true;
  },
  ({ jobName, config, statusServer }, writer) => {
    writeString(writer, 1, jobName);
    writeTexts(writer, 2, config);
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
