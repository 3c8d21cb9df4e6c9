/** A sequential specification: what an operation does to a state, and what it must answer. */
export interface Model<State, Input, Output> {
  readonly initial: State;
  /** The state after `input`. */
  next(state: State, input: Input): State;
  /** Whether `output` is what `input` answers in `state`. */
  accepts(state: State, input: Input, output: Output): boolean;
  /** Text that is equal exactly for equal states. */
  key(state: State): string;
}

/** One operation of a client. Times only need to be in order; an answer at the time of a call comes after it. */
export interface Operation<Input, Output> {
  readonly input: Input;
  readonly calledAt: number;
  /** `undefined`: the outcome is unknown; it may have taken effect at any time after the call, or never. */
  readonly answer: { readonly at: number; readonly output: Output } | undefined;
}
