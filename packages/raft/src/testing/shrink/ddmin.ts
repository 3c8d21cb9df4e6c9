/**
 * Delta debugging (Zeller and Hildebrandt 2002): a part of `items`, in order, for which `fails` holds still and which
 * loses that with any single item taken away, as long as no more than `maxTests` are needed. `fails(items)` must hold.
 */
export function ddmin<Item>(
  items: readonly Item[],
  fails: (part: readonly Item[]) => boolean,
  maxTests = 1000,
): readonly Item[] {
  let current = items;
  let parts = 2;
  let tests = 0;
  while (current.length > 0 && tests < maxTests) {
    const size = Math.ceil(current.length / parts);
    let reduced = false;
    for (let from = 0; from < current.length && tests < maxTests; from += size) {
      const rest = [...current.slice(0, from), ...current.slice(from + size)];
      tests++;
      if (!fails(rest)) continue;
      current = rest;
      parts = Math.max(2, parts - 1);
      reduced = true;
      break;
    }
    if (reduced) continue;
    if (size === 1) break;
    parts = Math.min(current.length, parts * 2);
  }
  return current;
}
