import type { Keyring } from '../core/keyring.ts';
import { LABEL_MAX_BYTES } from '../core/wire/label.ts';
import type { IntStyle } from '../core/wire/msgpack-writer.ts';
import { STREAM_LIMITS, type StreamLimits } from '../core/wire/stream-limits.ts';
import { UNPACK_LIMITS, type UnpackLimits } from '../core/wire/unpack.ts';
import { type Aead, nodeAead } from './aead.ts';
import type { EnvelopeVersion } from './envelope.ts';

/** How packets and streams are wrapped. All members of a pool agree on label and keys; the rest may differ. */
export interface WireOptions {
  /** Keeps pools apart that share a network: 1–255 bytes of UTF-8. Default: none. Neither Serf's agent nor Dkron has one. */
  readonly label?: string;
  /** Take what comes without label for ours, and refuse what comes with one. Default: false. */
  readonly skipInboundLabelCheck?: boolean;
  /** Compress what we send; we read both. Default: true. */
  readonly compression?: boolean;
  /** With keys: refuse what is not sealed. False while encryption is rolled out. Default: true. */
  readonly verifyIncoming?: boolean;
  /** With keys: seal what we send. False while encryption is rolled out. Default: true. */
  readonly verifyOutgoing?: boolean;
  /** Default: 1. Only members that speak memberlist's protocol 1 need 0. */
  readonly envelopeVersion?: EnvelopeVersion;
  /** Default: `unsigned`, the shorter. */
  readonly intStyle?: IntStyle;
  readonly packetLimits?: UnpackLimits;
  readonly streamLimits?: StreamLimits;
}

/** What seals and opens packets and streams. */
export interface WireModules {
  /** Empty: nothing is sealed. Changes take effect with the next packet. */
  readonly keyring: Keyring;
  /** Default: Node's. */
  readonly aead?: Aead;
}

/** {@link WireOptions} and {@link WireModules} with defaults, checked. */
export interface WireSettings extends Required<Omit<WireOptions, 'label'>> {
  /** Empty without one. */
  readonly label: Uint8Array;
  readonly keyring: Keyring;
  readonly aead: Aead;
}

const encoder = new TextEncoder();

/** Throws TypeError for a label that is too long or empty. */
export function resolveWire(options: WireOptions, { keyring, aead = nodeAead }: WireModules): WireSettings {
  const label = encoder.encode(options.label ?? '');
  if (label.length > LABEL_MAX_BYTES || options.label === '') {
    throw new TypeError(`label: ${label.length} bytes, allowed are 1 to ${LABEL_MAX_BYTES}`);
  }
  return {
    skipInboundLabelCheck: false,
    compression: true,
    verifyIncoming: true,
    verifyOutgoing: true,
    envelopeVersion: 1,
    intStyle: 'unsigned',
    packetLimits: UNPACK_LIMITS,
    streamLimits: STREAM_LIMITS,
    ...options,
    label,
    keyring,
    aead,
  };
}
