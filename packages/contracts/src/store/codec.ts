import type { Command, Due, Execution, JobDefinition, JobState, LedgerEntry, Notice, Run } from '@dkron/jobs';
import { decode, encode, type Message } from '../wire/message.ts';
import { command } from './command.ts';
import { jobDefinition } from '../model/definition.ts';
import { due, execution, jobState, ledgerEntry, notice, run } from './records.ts';

/** A value as bytes, and back. */
export interface Codec<T> {
  /**
   * @param free bytes left free before the message, for the caller to fill. Default 0
   * @throws ContractError when a number does not fit or a name is not one of its enum.
   */
  encode(value: T, free?: number): Uint8Array;
  /** Keeps nothing of `bytes`. @throws ContractError for anything that this version does not know. */
  decode(bytes: Uint8Array): T;
}

/** Log entries and stored records as bytes; the codec that `@dkron/store` asks for. */
export interface StoreCodec {
  readonly command: Codec<Command>;
  readonly definition: Codec<JobDefinition>;
  readonly state: Codec<JobState>;
  readonly execution: Codec<Execution>;
  readonly run: Codec<Run>;
  readonly due: Codec<Due>;
  readonly ledgerEntry: Codec<LedgerEntry>;
  readonly notice: Codec<Notice>;
}

/** Format: `proto/dkron/store/v1`. Equal values give equal bytes; map keys are written in order of their UTF-16 units. */
export const storeCodec: StoreCodec = {
  command: strict(command),
  definition: strict(jobDefinition),
  state: strict(jobState),
  execution: strict(execution),
  run: strict(run),
  due: strict(due),
  ledgerEntry: strict(ledgerEntry),
  notice: strict(notice),
};

/** What a replica does not understand it must not apply: unknown fields are refused. */
function strict<T>(body: Message<T>): Codec<T> {
  return {
    encode: (value, free) => encode(body, value, free),
    decode: (bytes) => decode(body, bytes, { strict: true }),
  };
}
