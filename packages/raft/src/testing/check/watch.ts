import type { Checker } from './checker.ts';

type Hook = Exclude<keyof Checker, 'name'>;
type HookFunction<K extends Hook> = NonNullable<Checker[K]>;

/** Calls the checkers that listen to a hook. Lists are made once: hooks fire many times a simulated millisecond. */
export class Watch {
  readonly #checkers: readonly Checker[];

  readonly stepped: HookFunction<'stepped'>;
  readonly sent: HookFunction<'sent'>;
  readonly appended: HookFunction<'appended'>;
  readonly applied: HookFunction<'applied'>;
  readonly committed: HookFunction<'committed'>;

  constructor(checkers: readonly Checker[]) {
    this.#checkers = checkers;
    const stepped = checkers.filter((one) => one.stepped !== undefined);
    const sent = checkers.filter((one) => one.sent !== undefined);
    const appended = checkers.filter((one) => one.appended !== undefined);
    const applied = checkers.filter((one) => one.applied !== undefined);
    const committed = checkers.filter((one) => one.committed !== undefined);
    this.stepped = (server) => {
      for (let i = 0; i < stepped.length; i++) stepped[i]!.stepped!(server);
    };
    this.sent = (from, message, durable) => {
      for (let i = 0; i < sent.length; i++) sent[i]!.sent!(from, message, durable);
    };
    this.appended = (server, entry, chain) => {
      for (let i = 0; i < appended.length; i++) appended[i]!.appended!(server, entry, chain);
    };
    this.applied = (server, entry, chain, operation) => {
      for (let i = 0; i < applied.length; i++) applied[i]!.applied!(server, entry, chain, operation);
    };
    this.committed = (server) => {
      for (let i = 0; i < committed.length; i++) committed[i]!.committed!(server);
    };
  }

  /** Calls a hook that fires rarely. */
  each(call: (checker: Checker) => void): void {
    for (const checker of this.#checkers) call(checker);
  }
}
