/**
 * What HashiCorp go-plugin says on the wire, as Dkron uses it: the handshake line, yamux, gob and net/rpc for
 * processors, broker ids, and the messages of executors. Codecs only: `@dkron/plugins/host` runs plugins,
 * `@dkron/plugins/serve` makes them.
 */
export { PluginWireError } from './wire/errors.ts';
export type { PluginWireErrorCode } from './wire/errors.ts';
export {
  checkHandshake,
  formatHandshake,
  HANDSHAKE_LINE_MAX_BYTES,
  HandshakeReader,
  parseHandshake,
} from './wire/handshake.ts';
export type { Handshake, HandshakeExpectations, PluginProtocol } from './wire/handshake.ts';
export { BrokerIds, decodeBrokerId, encodeBrokerId } from './wire/broker.ts';
export { encodeYamuxFrame, YAMUX_FLAGS, YAMUX_WINDOW_BYTES, YamuxFrameReader } from './wire/yamux/frame.ts';
export type { YamuxFrame, YamuxFrameType } from './wire/yamux/frame.ts';
export type { YamuxEvent } from './wire/yamux/events.ts';
export { YamuxSession } from './wire/yamux/session.ts';
export type { YamuxSessionOptions } from './wire/yamux/session.ts';
export { GobDecoder } from './wire/gob/decoder.ts';
export type { GobMessage } from './wire/gob/decoder.ts';
export { encodeGobDefinition, encodeGobMessage, GobEncoder } from './wire/gob/encoder.ts';
export { GOB_LIMITS } from './wire/gob/limits.ts';
export type { GobLimits } from './wire/gob/limits.ts';
export { GobTypeRegistry } from './wire/gob/registry.ts';
export type {
  GobInterface,
  GobSchema,
  GobSchemaField,
  GobValue,
  GobWireField,
  GobWireType,
  OpaqueEncoder,
} from './wire/gob/types.ts';
export type { TypeLookup } from './wire/gob/value-reader.ts';
export { EMPTY_STRUCT, RpcDecoder, RpcEncoder } from './wire/rpc.ts';
export type { RpcRequest, RpcResponse } from './wire/rpc.ts';
export {
  EXECUTION_SCHEMA,
  executionFromGob,
  executionToGob,
  PROCESSOR_ARGS_SCHEMA,
  processorArgsFromGob,
  processorArgsToGob,
} from './wire/processor.ts';
export type { PluginExecution, PluginTimestamp, ProcessorArgs } from './wire/processor.ts';
export {
  connInfoCodec,
  executeRequestCodec,
  executeResponseCodec,
  statusUpdateCodec,
  stdioDataCodec,
} from './wire/grpc/messages.ts';
export type {
  ConnInfo,
  MessageCodec,
  PluginExecuteRequest,
  PluginExecuteResponse,
  StatusUpdate,
  StdioData,
} from './wire/grpc/messages.ts';
export { processRequestCodec, processResponseCodec } from './wire/grpc/processor-messages.ts';
