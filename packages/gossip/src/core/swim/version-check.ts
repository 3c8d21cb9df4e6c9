import { decodeVersions, type ProtocolVersions } from '../types.ts';

interface Claim {
  readonly name: string;
  /** Only who is alive limits what others may speak. */
  readonly alive: boolean;
  readonly vsn: Uint8Array | null;
}

const NONE: ProtocolVersions = {
  protocolMin: 0,
  protocolMax: 0,
  protocolCurrent: 0,
  delegateMin: 0,
  delegateMax: 0,
  delegateCurrent: 0,
};

/**
 * Whether members may share a pool: what each speaks must be understood by all that are alive. Returns what is wrong, or
 * `undefined`. Who does not say six versions speaks 0, which nobody understands.
 */
export function versionConflict(claims: readonly Claim[]): string | undefined {
  const bounds = { protocolMin: 0, protocolMax: 255, delegateMin: 0, delegateMax: 255 };
  for (const { alive, vsn } of claims) {
    const versions = decodeVersions(vsn);
    if (!alive || versions === undefined) continue;
    bounds.protocolMin = Math.max(bounds.protocolMin, versions.protocolMin);
    bounds.protocolMax = Math.min(bounds.protocolMax, versions.protocolMax);
    bounds.delegateMin = Math.max(bounds.delegateMin, versions.delegateMin);
    bounds.delegateMax = Math.min(bounds.delegateMax, versions.delegateMax);
  }
  for (const { name, vsn } of claims) {
    const { protocolCurrent, delegateCurrent } = decodeVersions(vsn) ?? NONE;
    if (protocolCurrent < bounds.protocolMin || protocolCurrent > bounds.protocolMax) {
      return `${name} speaks protocol ${protocolCurrent}, understood are ${bounds.protocolMin} to ${bounds.protocolMax}`;
    }
    if (delegateCurrent < bounds.delegateMin || delegateCurrent > bounds.delegateMax) {
      return `${name} speaks delegate protocol ${delegateCurrent}, understood are ${bounds.delegateMin} to ${bounds.delegateMax}`;
    }
  }
  return undefined;
}
