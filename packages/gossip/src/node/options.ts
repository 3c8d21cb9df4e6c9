import { messageOf } from '@dkron/runtime';
import { decodeKey } from '../core/key-text.ts';
import { Keyring } from '../core/keyring.ts';
import { parseIp } from '../core/ip.ts';
import { resolveSerfTuning, type SerfTuning } from '../core/serf/options.ts';
import { resolveTuning, type SwimProfile, type SwimTuning } from '../core/swim/options.ts';
import { NAME_MAX_BYTES, type ProtocolVersions, type Tags } from '../core/types.ts';
import { encodeTags } from '../core/wire/tags.ts';
import type { WireOptions } from '../net/wire-options.ts';

/** What one member of a pool is and how it runs. Only `name` is needed. */
export interface GossipOptions extends Omit<WireOptions, 'envelopeVersion' | 'intStyle'> {
  /** Unique in the pool, case-sensitive: 1–255 bytes of UTF-8. */
  readonly name: string;
  /** IP address to listen on. Default: `0.0.0.0`, all of IPv4; `::` takes IPv6 too. */
  readonly bindIp?: string;
  /** UDP and TCP port to listen on. Default: 7946; 0: any that is free. */
  readonly bindPort?: number;
  /** IP address that others reach us at. Default: `bindIp`, or the first private address of this machine. */
  readonly advertiseIp?: string;
  /** Port that others reach us at. Default: the one we listen on. */
  readonly advertisePort?: number;
  /** What we publish of ourselves; encoded at most 512 bytes. Default: none. */
  readonly tags?: Tags;
  /** Ready numbers: `lan` within a site, `wan` between sites, `local` on one machine. Default: `lan`. */
  readonly profile?: SwimProfile;
  /** Changes to the profile. */
  readonly swim?: Partial<SwimTuning>;
  /** Changes to Serf's numbers. */
  readonly serf?: Partial<SerfTuning>;
  /** Keys in base64, 16, 24 or 32 bytes each, the one that seals first. Default: none, nothing is encrypted. */
  readonly keys?: readonly string[];
  /** What we speak. Default: as Dkron. */
  readonly versions?: ProtocolVersions;
  /** With a snapshot: find back into the pool even after we left it. Default: false. */
  readonly rejoinAfterLeave?: boolean;
  /** How long names of hosts may take to resolve. Default: 10,000. */
  readonly resolveTimeoutMs?: number;
  /** The same fault of the same peer is logged once in so long. Default: 60,000. */
  readonly faultLogIntervalMs?: number;
  /** Events that a slow reader of an iterator may leave waiting; the oldest give way. Default: 2048. */
  readonly eventBuffer?: number;
}

/** {@link GossipOptions} with defaults, checked. */
export interface NodeSettings extends Omit<GossipOptions, 'swim' | 'serf' | 'keys' | 'profile'> {
  readonly bindIp: string;
  readonly bindPort: number;
  readonly tags: Tags;
  readonly swim: SwimTuning;
  readonly serf: SerfTuning;
  readonly keys: readonly Uint8Array[];
  readonly rejoinAfterLeave: boolean;
  readonly resolveTimeoutMs: number;
  readonly faultLogIntervalMs: number;
  readonly eventBuffer: number;
}

export const DEFAULT_PORT = 7946;
const MAX_PORT = 65_535;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Throws TypeError for options that cannot work. Keys are never part of a message. */
export function resolveNodeOptions(options: GossipOptions): NodeSettings {
  const { profile, swim, serf, keys, ...rest } = options;
  const settings: NodeSettings = {
    ...rest,
    bindIp: options.bindIp ?? '0.0.0.0',
    bindPort: options.bindPort ?? DEFAULT_PORT,
    tags: options.tags ?? {},
    swim: resolveTuning(profile, swim),
    serf: resolveSerfTuning(serf),
    keys: (keys ?? []).map(requireKey),
    rejoinAfterLeave: options.rejoinAfterLeave ?? false,
    resolveTimeoutMs: options.resolveTimeoutMs ?? 10_000,
    faultLogIntervalMs: options.faultLogIntervalMs ?? 60_000,
    eventBuffer: options.eventBuffer ?? 2048,
  };
  const { length } = new TextEncoder().encode(settings.name);
  if (length < 1 || length > NAME_MAX_BYTES || /[\r\n]/.test(settings.name)) {
    throw new TypeError(`name: ${length} bytes, allowed are 1 to ${NAME_MAX_BYTES} without line breaks`);
  }
  requireIp('bindIp', settings.bindIp);
  requireIp('advertiseIp', settings.advertiseIp);
  requireWhole('bindPort', settings.bindPort, 0, MAX_PORT);
  requireWhole('advertisePort', settings.advertisePort ?? 1, 1, MAX_PORT);
  requireWhole('resolveTimeoutMs', settings.resolveTimeoutMs, 1, MAX_TIMER_MS);
  requireWhole('faultLogIntervalMs', settings.faultLogIntervalMs, 0, MAX_TIMER_MS);
  requireWhole('eventBuffer', settings.eventBuffer, 1, 1_048_576);
  requireTags(settings.tags);
  return settings;
}

/** A key in base64, or TypeError. */
export function requireKey(text: string, index = 0): Uint8Array {
  const key = decodeKey(text);
  if (key === undefined || new Keyring().add(key) !== undefined) {
    throw new TypeError(`keys[${index}]: allowed are 16, 24 or 32 bytes in base64`);
  }
  return key;
}

function requireTags(tags: Tags): void {
  try {
    encodeTags(tags);
  } catch (error) {
    throw new TypeError(`tags: ${messageOf(error)}`, { cause: error });
  }
}

function requireIp(name: string, value: string | undefined): void {
  if (value !== undefined && parseIp(value) === undefined) {
    throw new TypeError(`${name}: ${JSON.stringify(value)}, allowed are IP addresses`);
  }
}

function requireWhole(name: string, value: number, least: number, greatest: number): void {
  if (!Number.isInteger(value) || value < least || value > greatest) {
    throw new TypeError(`${name}: ${value}, allowed are whole numbers from ${least} to ${greatest}`);
  }
}
