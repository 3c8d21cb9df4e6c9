import { type FoundingRecord, recordFromText, recordToText } from './record.ts';
import type { FormationChange, FormationState } from './types.ts';

/** Where the state of formation is kept. A change is durable when `update` resolves. */
export interface FormationStore {
  load(): Promise<FormationState>;
  update(change: FormationChange): Promise<FormationState>;
}

/** The part of raft's identity storage that is used: the shape of `IdentityStorage` in `@dkron/raft/storage`. */
export interface IdentityLike {
  load(): Promise<IdentityFacts | undefined>;
  update(change: { readonly markers: Readonly<Record<string, string>> }): Promise<IdentityFacts>;
}

export interface IdentityFacts {
  readonly birth: string;
  readonly clusterId?: string;
  readonly markers: Readonly<Record<string, string>>;
}

/** Markers in the identity. */
const PLEDGE = 'pledge';
const ATTEMPT = 'attempt';

/** Keeps the state in the markers of raft's identity, so that birth, cluster and pledge are one file. */
export class IdentityFormationStore implements FormationStore {
  readonly #identity: IdentityLike;

  constructor(identity: IdentityLike) {
    this.#identity = identity;
  }

  /** @throws TypeError when there is no identity yet, or its markers hold something else */
  async load(): Promise<FormationState> {
    const facts = await this.#identity.load();
    if (facts === undefined) throw new TypeError('the data folder has no identity yet: start raft first');
    return stateOf(facts);
  }

  async update({ attempt, pledge }: FormationChange): Promise<FormationState> {
    const markers = {
      [PLEDGE]: pledge === null ? '' : recordToText(pledge),
      ...(attempt === undefined ? {} : { [ATTEMPT]: String(attempt) }),
    };
    return stateOf(await this.#identity.update({ markers }));
  }
}

function stateOf({ birth, clusterId = '', markers }: IdentityFacts): FormationState {
  const attempt = Number(markers[ATTEMPT] ?? '0');
  if (!Number.isSafeInteger(attempt) || attempt < 0) throw new TypeError(`identity: attempt ${markers[ATTEMPT]}`);
  const text = markers[PLEDGE];
  const pledge: FoundingRecord | undefined = text === undefined ? undefined : recordFromText(text);
  return { birth, clusterId, attempt, ...(pledge === undefined ? {} : { pledge }) };
}
