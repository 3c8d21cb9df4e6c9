const REPETITION = /\{(\d+)(?:,(\d*))?\}/y;
const BRACED_ESCAPE = /\\[pPx]\{[^}]*\}/y;
/** A `]` that comes first belongs to the class. */
const CLASS = /\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]/sy;

/**
 * How many steps a regular expression unfolds to, at most: its characters, each counted as often as the repetitions around
 * it say. Of what is no expression it is some number.
 */
export function expressionSize(expression: string): number {
  /** Sizes of the open groups, the innermost last; and of the last item of each. */
  const groups = [{ size: 0, last: 0 }];
  let at = 0;
  const skip = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(expression);
    if (match !== null) at += match[0].length;
    return match;
  };
  while (at < expression.length) {
    const group = groups.at(-1)!;
    const repetition = skip(REPETITION);
    if (repetition !== null) {
      const times = Math.max(1, Number(repetition[1]), Number(repetition[2] ?? 0));
      group.size += group.last * (times - 1);
      group.last *= times;
      continue;
    }
    const character = expression[at]!;
    if (character === '(') {
      groups.push({ size: 1, last: 0 });
      at++;
    } else if (character === ')' && groups.length > 1) {
      groups.pop();
      addItem(groups.at(-1)!, group.size);
      at++;
    } else {
      if (skip(BRACED_ESCAPE) === null && skip(CLASS) === null) at += character === '\\' ? 2 : 1;
      addItem(group, 1);
    }
  }
  return groups.reduce((sum, { size }) => sum + size, 0);
}

function addItem(group: { size: number; last: number }, size: number): void {
  group.size += size;
  group.last = size;
}
