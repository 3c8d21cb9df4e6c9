import { RE2JS } from 're2js';
import { WireError } from '../errors.ts';
import type { Tags } from '../types.ts';
import { decodeFilter, type QueryFilter } from '../wire/filters.ts';
import { expressionSize } from './expression-size.ts';

/** Longest expression that we compile, and most steps that it may unfold to: both bound the time and memory it takes. */
const MAX_EXPRESSION_LENGTH = 512;
const MAX_EXPRESSION_SIZE = 2000;
const MAX_FILTERS = 64;

/**
 * Whether a query is for us: all its filters let `name` with `tags` pass. Who cannot read a filter does not answer.
 * Expressions are RE2: matching takes time that is linear in the tag.
 */
export function passesFilters(filters: readonly (Uint8Array | null)[] | null, name: string, tags: Tags): boolean {
  if (filters === null) return true;
  if (filters.length > MAX_FILTERS) return false;
  return filters.every((bytes) => {
    const filter = readFilter(bytes);
    if (filter === undefined) return false;
    if (filter.kind === 'nodes') return filter.nodes.includes(name);
    return (
      compile(filter.expression)
        ?.matcher(tags[filter.tag] ?? '')
        .find() ?? false
    );
  });
}

/** Whether members like us can evaluate it. */
export function isExpression(expression: string): boolean {
  return compile(expression) !== undefined;
}

function readFilter(bytes: Uint8Array | null): QueryFilter | undefined {
  try {
    return decodeFilter(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function compile(expression: string): RE2JS | undefined {
  if (expression.length > MAX_EXPRESSION_LENGTH || expressionSize(expression) > MAX_EXPRESSION_SIZE) return undefined;
  try {
    return RE2JS.compile(expression);
  } catch {
    // Whatever it is, it is no expression.
    return undefined;
  }
}
