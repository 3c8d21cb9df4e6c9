/** First byte of what memberlist sends. */
export const MessageType = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  /** Streams only. */
  pushPull: 6,
  /** Packets only. */
  compound: 7,
  /** A message of the layer above: Serf. */
  user: 8,
  compress: 9,
  /** Streams only; a sealed packet has no type byte. */
  encrypt: 10,
  nack: 11,
  /** Packets only. */
  checksum: 12,
  /** Streams only. */
  error: 13,
  /** Outermost only. */
  label: 244,
} as const;

/** First byte of what Serf sends: the body of a user message, or the user state of a push/pull. */
export const SerfType = {
  leave: 0,
  join: 1,
  pushPull: 2,
  userEvent: 3,
  query: 4,
  queryResponse: 5,
  conflictResponse: 6,
  keyRequest: 7,
  keyResponse: 8,
  relay: 9,
} as const;

const MEMBERLIST_NAMES = new Map<number, string>(Object.entries(MessageType).map(([name, type]) => [type, name]));
const SERF_NAMES = new Map<number, string>(Object.entries(SerfType).map(([name, type]) => [type, name]));

/** For logs and errors. */
export function messageTypeName(type: number): string {
  return MEMBERLIST_NAMES.get(type) ?? `unknown message type ${type}`;
}

/** For logs and errors. */
export function serfTypeName(type: number): string {
  return SERF_NAMES.get(type) ?? `unknown Serf message type ${type}`;
}
