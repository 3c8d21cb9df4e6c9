/** Steps of one inserted, removed or replaced letter from one text to the other. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The known words someone may have meant, nearest first. */
export function similar(word: string, known: readonly string[], most = 2): string[] {
  const typed = word.toLowerCase();
  return known
    .map((name) => ({ name, distance: editDistance(typed, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= most || (typed.length > 1 && name.startsWith(typed)))
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ name }) => name);
}
