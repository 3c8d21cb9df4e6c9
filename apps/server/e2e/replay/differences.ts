import type { Json } from './json.ts';
import { withValue } from './json.ts';
import { DIFFERENCES } from './difference-list.ts';
import type { Item, RecordedResponse, Step } from './scenario.ts';
import { isStep } from './scenario.ts';

/** What ours answers instead of the recorded answer; what is not named stays as recorded. */
export interface Instead {
  readonly status?: number;
  /** undefined takes a header away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Json;
  /** Single values of the recorded body, by pointer; undefined takes the key away. */
  readonly values?: Readonly<Record<string, Json | undefined>>;
  /** Pointers whose values vary from run to run, with their shape. */
  readonly shapes?: Readonly<Record<string, string>>;
  /** Parts of a text body. */
  readonly contains?: readonly string[];
}

/** A place where ours answers otherwise than the original on purpose. */
export interface Difference {
  readonly file: string;
  /** Positions in `exchanges`. */
  readonly at: readonly number[];
  /** Number of the gap of the original, or in words what has none. */
  readonly gap: string;
  readonly reason: string;
  readonly gain: string;
  readonly instead: Instead | { readonly step: Step };
}

/** The items of a file with the differences put in. */
export function withDifferences(file: string, items: readonly Item[]): readonly Item[] {
  const found = DIFFERENCES.filter((difference) => difference.file === file);
  return items.map((item, position) => {
    const difference = found.find(({ at }) => at.includes(position));
    return difference === undefined ? item : replaced(item, difference.instead);
  });
}

function replaced(item: Item, instead: Difference['instead']): Item {
  if ('step' in instead) return instead.step;
  if (isStep(item)) {
    if (item.step !== 'join') throw new Error(`a step ${item.step} has no answer to replace`);
    return { ...item, response: answerInstead(item.response, instead) };
  }
  if (item.response === undefined) throw new Error(`${item.name} has no answer to replace`);
  return { ...item, response: answerInstead(item.response, instead), insteadOf: item.response };
}

function answerInstead(recorded: RecordedResponse, instead: Instead): RecordedResponse {
  const { body_raw: _bytes, ...rest } = recorded;
  const headers = Object.entries({ ...recorded.headers, ...instead.headers });
  const kept = headers.filter((entry): entry is [string, string] => entry[1] !== undefined);
  let body = instead.body ?? recorded.body;
  for (const [pointer, value] of Object.entries(instead.values ?? {})) body = withValue(body ?? null, pointer, value);
  const shapes = { ...(instead.body === undefined ? recorded.volatile_shapes : {}), ...instead.shapes };
  return {
    ...rest,
    status: instead.status ?? recorded.status,
    headers: Object.fromEntries(kept),
    ...(body === undefined ? {} : { body }),
    ...(instead.contains === undefined ? {} : { body_contains: instead.contains }),
    volatile: Object.keys(shapes),
    volatile_shapes: shapes,
  };
}
