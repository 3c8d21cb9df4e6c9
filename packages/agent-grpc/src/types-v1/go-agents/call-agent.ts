import type { ClientReadableStream, StatusObject } from '@grpc/grpc-js';
import { ChannelCredentials, Client, Metadata, status } from '@grpc/grpc-js';
import type { AgentRunRequest, AgentRunStream, Execution } from '@dkron/contracts/types-v1';
import { AgentServiceService } from '@dkron/contracts/types-v1';
import type { Clock, Timers } from '@dkron/runtime';

/** How a call to an agent ended. */
export type CallEnd =
  /** No connection came to be: the agent cannot know of the run. */
  | { readonly kind: 'unreachable'; readonly details: string }
  /** The agent ended the stream in order. */
  | { readonly kind: 'eof' }
  /** The agent ended it with an error. */
  | { readonly kind: 'status'; readonly code: number; readonly details: string }
  /** The connection is gone: the job may go on. */
  | { readonly kind: 'broken'; readonly details: string };

export interface CallEvents {
  /** From here on the agent may have the request. */
  written(): void;
  message(execution: Execution): void;
  /** Once; not after `cancel`. */
  ended(end: CallEnd): void;
}

export interface CallModules {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly credentials?: ChannelCredentials;
}

const { requestSerialize, responseDeserialize, path: PATH } = AgentServiceService.agentRun;
/** What agents before 4.0.9 listen to (G-C16). */
const OLD_PATH = '/types.Agent/AgentRun';
const UNKNOWN_SERVICE = 'unknown service types.v1.AgentService';
/** How the library says that a connection is gone; whatever else an agent says itself. */
const BROKEN =
  /^(Connection dropped|Stream refused|Received RST_STREAM|(read|write|connect) E|socket hang up|Keepalive|Channel closed|Call ended without gRPC status|No connection)/i;

/**
 * `AgentRun` on an agent of the original, over a connection of its own.
 *
 * @returns ends the call; what runs there goes on
 */
export function callAgent(
  address: string,
  dialTimeoutMs: number,
  request: AgentRunRequest,
  { events, modules }: { readonly events: CallEvents; readonly modules: CallModules },
): () => void {
  const { clock, timers, credentials = ChannelCredentials.createInsecure() } = modules;
  const client = new Client(address, credentials, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_channelz': 0,
    'grpc.enable_retries': 0,
  });
  let over = false;
  let call: ClientReadableStream<AgentRunStream> | undefined;
  const end = (outcome: CallEnd): void => {
    if (over) return;
    over = true;
    client.close();
    events.ended(outcome);
  };
  let messages = 0;
  const run = (path: string): void => {
    call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, new Metadata());
    call.on('data', ({ execution }: AgentRunStream) => {
      messages += 1;
      if (!over && execution !== undefined) events.message(execution);
    });
    call.on('error', () => {});
    call.on('status', (ended: StatusObject) => {
      const { code } = ended;
      const unknown = code === status.UNIMPLEMENTED && messages === 0;
      if (unknown && path === PATH && ended.details === UNKNOWN_SERVICE && !over) return run(OLD_PATH);
      const details = unknown && path === OLD_PATH ? UNKNOWN_SERVICE : ended.details;
      // The last messages may still be on their way to `data`.
      timers.nextTurn(() => end(endOf(code, details)));
    });
  };
  client.waitForReady(clock.wallMs() + dialTimeoutMs, (error) => {
    if (over) return;
    if (error !== undefined) return end({ kind: 'unreachable', details: error.message });
    events.written();
    run(PATH);
  });
  return () => {
    if (over) return;
    over = true;
    call?.cancel();
    client.close();
  };
}

function endOf(code: number, details: string): CallEnd {
  if (code === status.OK) return { kind: 'eof' };
  if (code !== status.RESOURCE_EXHAUSTED && BROKEN.test(details)) return { kind: 'broken', details };
  const size = /^Received message larger than max \((\d+) vs (\d+)\)/.exec(details);
  if (size === null) return { kind: 'status', code, details };
  return { kind: 'status', code, details: `grpc: received message larger than max (${size[1]} vs. ${size[2]})` };
}
