import type { Handshake, HandshakeVerdict } from '@dkron/raft';
import type { WireHandshake, WireVerdict } from './service.ts';

const MAX_NAME_BYTES = 1024;
const MAX_TEXT_BYTES = 4096;
const MAX_CODE_LENGTH = 64;

/** Why a handshake cannot even be judged; undefined for one that can. All of it comes from the network. */
export function findFlaw(handshake: WireHandshake): string | undefined {
  const { clusterId, region, from, to, birth, toBirth, boot, software } = handshake;
  const texts = { clusterId, region, from, to, birth, toBirth, boot, software };
  for (const [name, text] of Object.entries(texts)) {
    if (Buffer.byteLength(text) > MAX_NAME_BYTES) return `${name} is longer than ${MAX_NAME_BYTES} bytes`;
  }
  if (from === '' || from.startsWith('\u0000')) return 'from names no server';
  if (boot === '') return 'boot is empty';
  if (handshake.wireMin > handshake.wireMax) return 'wire_min is above wire_max';
  return undefined;
}

/** For a message of the generated code. */
export function greetingToWire(handshake: Handshake): WireHandshake {
  return { ...handshake };
}

export function greetingFromWire({ leaderWaitMs, ...wire }: WireHandshake): Handshake {
  return leaderWaitMs === undefined ? wire : { ...wire, leaderWaitMs };
}

/** What a peer said to our handshake. */
export type PeerVerdict =
  | { readonly accepted: true; readonly wire: number; readonly window: number }
  | { readonly accepted: false; readonly code: string; readonly message: string };

export function verdictToWire(verdict: HandshakeVerdict, window: number): WireVerdict {
  if (verdict.accepted) return { accepted: true, wire: verdict.wire, code: '', text: '', window };
  return { accepted: false, wire: 0, code: verdict.code, text: verdict.message.slice(0, MAX_TEXT_BYTES), window: 0 };
}

export function verdictFromWire(wire: WireVerdict): PeerVerdict {
  if (wire.accepted) return { accepted: true, wire: wire.wire, window: wire.window };
  // Both texts end in logs and answers: nothing but printable characters, and not too many.
  const code = wire.code.replaceAll(/[^a-z_]/g, '').slice(0, MAX_CODE_LENGTH);
  const message = wire.text.slice(0, MAX_TEXT_BYTES).replaceAll(/\p{Cc}/gu, ' ');
  return { accepted: false, code: code === '' ? 'unknown' : code, message };
}
