import type { ProtocolVersions } from '../types.ts';

const NONE: ProtocolVersions = {
  protocolMin: 0,
  protocolMax: 0,
  protocolCurrent: 0,
  delegateMin: 0,
  delegateMax: 0,
  delegateCurrent: 0,
};

/** What members that share a pool must speak, so that all who are alive understand it. */
export class VersionBounds {
  #protocolMin = 0;
  #protocolMax = 255;
  #delegateMin = 0;
  #delegateMax = 255;

  /** One that is alive understands no more than this. Who does not say limits nobody. */
  narrow(versions: ProtocolVersions | undefined): void {
    if (versions === undefined) return;
    this.#protocolMin = Math.max(this.#protocolMin, versions.protocolMin);
    this.#protocolMax = Math.min(this.#protocolMax, versions.protocolMax);
    this.#delegateMin = Math.max(this.#delegateMin, versions.delegateMin);
    this.#delegateMax = Math.min(this.#delegateMax, versions.delegateMax);
  }

  /** Why the others do not understand `name`, or `undefined`. Who does not say speaks 0, which nobody understands. */
  problemOf(name: string, versions: ProtocolVersions | undefined): string | undefined {
    const { protocolCurrent, delegateCurrent } = versions ?? NONE;
    if (protocolCurrent < this.#protocolMin || protocolCurrent > this.#protocolMax) {
      return `${name} speaks protocol ${protocolCurrent}, understood are ${this.#protocolMin} to ${this.#protocolMax}`;
    }
    if (delegateCurrent < this.#delegateMin || delegateCurrent > this.#delegateMax) {
      return `${name} speaks delegate protocol ${delegateCurrent}, understood are ${this.#delegateMin} to ${this.#delegateMax}`;
    }
    return undefined;
  }
}
