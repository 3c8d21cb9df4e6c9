import type { Random } from '@dkron/runtime';
import type { StringMap } from './job.ts';
import type { Member } from './member.ts';

interface TagDemand {
  readonly key: string;
  readonly value: string;
  /** How many nodes at most; Infinity without a cardinality. */
  readonly cardinality: number;
}

/** Go's reading of a decimal integer; anything else counts as 0, so a malformed cardinality selects nobody. */
function cardinalityOf(text: string): number {
  return /^[+-]?\d+$/.test(text) ? Number(text) : 0;
}

/** `value`, or `value:count`. More than one colon: the rest is ignored and there is no cardinality. */
function demandOf(key: string, text: string): TagDemand {
  const parts = text.split(':');
  const count = parts.length === 2 ? parts[1] : undefined;
  return { key, value: parts[0] ?? '', cardinality: count === undefined ? Infinity : cardinalityOf(count) };
}

function demandsOf(tags: StringMap | null): readonly TagDemand[] {
  return Object.entries(tags ?? {}).map(([key, text]) => demandOf(key, text));
}

function fits(demands: readonly TagDemand[], nodeTags: StringMap): boolean {
  return demands.every((demand) => Object.hasOwn(nodeTags, demand.key) && nodeTags[demand.key] === demand.value);
}

/** Whether a node with `nodeTags` carries every tag that a job with `tags` asks for, whatever the cardinality. */
export function matchesTags(tags: StringMap | null, nodeTags: StringMap): boolean {
  return fits(demandsOf(tags), nodeTags);
}

/**
 * The nodes a run goes to: alive, of the region, all tags equal; at most the smallest cardinality of all tags, chosen
 * uniformly without replacement. No tags: every alive node of the region. A cardinality ≤ 0 or malformed: none.
 */
export function selectTargets(
  tags: StringMap | null,
  members: readonly Member[],
  region: string,
  random: Random,
): Member[] {
  const demands = demandsOf(tags);
  const limit = demands.reduce((least, demand) => Math.min(least, demand.cardinality), Infinity);
  if (limit <= 0) return [];
  const candidates = members.filter(
    (member) => member.status === 'alive' && member.tags['region'] === region && fits(demands, member.tags),
  );
  return candidates.length <= limit ? candidates : choose(candidates, limit, random);
}

/** Takes `count` of `pool`: a partial Fisher–Yates shuffle. */
function choose(pool: readonly Member[], count: number, random: Random): Member[] {
  const rest = [...pool];
  const chosen: Member[] = [];
  while (chosen.length < count) {
    const at = random.nextInt(rest.length);
    const last = rest.pop();
    const taken = at < rest.length ? rest[at] : last;
    if (last === undefined || taken === undefined) break;
    if (at < rest.length) rest[at] = last;
    chosen.push(taken);
  }
  return chosen;
}
