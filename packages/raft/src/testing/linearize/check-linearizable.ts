import type { Model, Operation } from './model.ts';

/** `unknown`: the bound on work was reached first. */
export type Verdict = 'linearizable' | 'violation' | 'unknown';

export interface LinearizabilityResult {
  readonly verdict: Verdict;
  /** Operations that could be put in order before it got stuck, in the longest attempt. */
  readonly longest: readonly number[];
}

export interface LinearizabilityOptions {
  /** Attempts to place an operation. Default 2,000,000. */
  readonly maxAttempts?: number;
}

/** A call or an answer in a list by time. */
class Point {
  readonly operation: number;
  /** Of a call: its answer. Of an answer: `undefined`. */
  readonly answer: Point | undefined;
  previous: Point | undefined = undefined;
  next: Point | undefined = undefined;

  constructor(operation: number, answer: Point | undefined) {
    this.operation = operation;
    this.answer = answer;
  }
}

/**
 * Whether the operations can be put in one order that agrees with time and with the model (Herlihy and Wing 1990).
 * Search of Wing and Gong (1993) with the cache of Lowe (2017): a state reached before with the same operations placed is
 * not tried again. Split histories by object first: locality allows it, and work grows fast with length.
 */
export function checkLinearizable<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
  options: LinearizabilityOptions = {},
): LinearizabilityResult {
  const maxAttempts = options.maxAttempts ?? 2_000_000;
  const head = pointsInOrder(operations);
  let answersLeft = operations.filter(({ answer }) => answer !== undefined).length;
  const placed = new Uint32Array(Math.ceil(operations.length / 32));
  const seen = new Set<string>();
  const stack: { point: Point; state: State }[] = [];
  let longest: readonly number[] = [];
  let state = model.initial;
  let point = head.next;
  for (let attempts = 0; answersLeft > 0; attempts++) {
    if (attempts >= maxAttempts) return { verdict: 'unknown', longest };
    if (point?.answer !== undefined) {
      const { operation } = point;
      const { input, answer } = operations[operation]!;
      if (answer === undefined || model.accepts(state, input, answer.output)) {
        const next = model.next(state, input);
        placed[operation >> 5]! |= 1 << (operation & 31);
        const key = `${placed.join()};${model.key(next)}`;
        if (!seen.has(key)) {
          seen.add(key);
          stack.push({ point, state });
          lift(point);
          if (answer !== undefined) answersLeft--;
          if (stack.length > longest.length) longest = stack.map((one) => one.point.operation);
          state = next;
          point = head.next;
          continue;
        }
        placed[operation >> 5]! &= ~(1 << (operation & 31));
      }
      point = point.next;
      continue;
    }
    // An answer comes next, or nothing: something that was placed was placed wrongly.
    const last = stack.pop();
    if (last === undefined) return { verdict: 'violation', longest };
    const { operation } = last.point;
    placed[operation >> 5]! &= ~(1 << (operation & 31));
    if (operations[operation]!.answer !== undefined) answersLeft++;
    unlift(last.point);
    state = last.state;
    point = last.point.next;
  }
  return { verdict: 'linearizable', longest };
}

/** A list of all calls and answers behind a head. Unknown answers come after everything. */
function pointsInOrder(operations: readonly Operation<unknown, unknown>[]): Point {
  const points: { at: number; isAnswer: boolean; point: Point }[] = [];
  for (const [number, { calledAt, answer }] of operations.entries()) {
    const answered = new Point(number, undefined);
    points.push({ at: calledAt, isAnswer: false, point: new Point(number, answered) });
    points.push({ at: answer?.at ?? Infinity, isAnswer: true, point: answered });
  }
  points.sort((a, b) => (a.at === b.at ? Number(a.isAnswer) - Number(b.isAnswer) : a.at < b.at ? -1 : 1));
  const head = new Point(-1, undefined);
  let tail = head;
  for (const { point } of points) {
    tail.next = point;
    point.previous = tail;
    tail = point;
  }
  return head;
}

/** Takes a call and its answer out of the list. */
function lift(call: Point): void {
  for (const point of [call, call.answer!]) {
    point.previous!.next = point.next;
    if (point.next !== undefined) point.next.previous = point.previous;
  }
}

/** Puts them back, in the opposite order. */
function unlift(call: Point): void {
  for (const point of [call.answer!, call]) {
    point.previous!.next = point;
    if (point.next !== undefined) point.next.previous = point;
  }
}
