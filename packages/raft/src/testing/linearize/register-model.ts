import type { Model } from './model.ts';

/** An operation on one register that holds a number, 0 at first. */
export type RegisterInput =
  | { readonly kind: 'get' }
  | { readonly kind: 'put'; readonly value: number }
  | { readonly kind: 'cas'; readonly expected: number; readonly value: number };

/** `get`: the value. `cas`: 1 if it was made, else 0. `put`: anything. */
export type RegisterOutput = number;

/** A register with compare and set. */
export const registerModel: Model<number, RegisterInput, RegisterOutput> = {
  initial: 0,
  next: (state, input) => {
    if (input.kind === 'get') return state;
    return input.kind === 'put' || state === input.expected ? input.value : state;
  },
  accepts: (state, input, output) => {
    if (input.kind === 'get') return output === state;
    return input.kind === 'put' || output === (state === input.expected ? 1 : 0);
  },
  key: String,
};
