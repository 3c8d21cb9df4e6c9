import type { ChannelOptions } from '@grpc/grpc-js';

/** The largest gRPC message taken: one result with its output, or a hello with what a full worker holds. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const KEEPALIVE_MS = 2000;

/** What a grpc-js server that serves sessions should be made with: silent peers are noticed, oversized messages refused. */
export const SESSION_SERVER_OPTIONS: ChannelOptions = {
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_MS,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.enable_channelz': 0,
};

/** A connection of its own for each stream. */
export function clientOptions(keepaliveMs: number): ChannelOptions {
  return {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_channelz': 0,
    // Without a buffer for retries the callback of a write says when the bytes are on their way.
    'grpc.enable_retries': 0,
    'grpc.per_rpc_retry_buffer_size': 0,
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveMs,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': -1,
  };
}
