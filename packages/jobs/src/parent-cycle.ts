import type { JobName } from './job.ts';

/**
 * The cycle that `name` would close by taking `parent`: `[name, parent, …, name]`; undefined when there is none.
 *
 * @param parentOf - the stored parent of a job, `''` or undefined = none
 */
export function parentCycle(
  name: JobName,
  parent: JobName | '',
  parentOf: (name: JobName) => JobName | '' | undefined,
): JobName[] | undefined {
  const chain: JobName[] = [name];
  const seen = new Set<JobName>();
  for (
    let current: JobName | undefined = parent;
    current !== undefined && current !== '';
    current = parentOf(current)
  ) {
    chain.push(current);
    if (current === name) return chain;
    // A cycle among others, stored by an older program: not ours to report, but ours to leave.
    if (seen.has(current)) return undefined;
    seen.add(current);
  }
  return undefined;
}
