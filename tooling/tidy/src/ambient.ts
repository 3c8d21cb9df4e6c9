/** A place that takes something from its surroundings instead of being given it. */
export interface AmbientUse {
  readonly offset: number;
  readonly message: string;
}

const CLOCK = 'reads the wall clock: take a Clock as an argument';
const CHANCE = 'takes a random number: take Random as an argument';
const ZONE = "depends on the host's zone: name the zone";

/** What the linter sees by its plain name (`setTimeout`, `Date.now`) is left to it; these are the ways around it. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/\bnew Date\(\s*\)|\bnew Date\b(?!\s*\()|(?<![\w.]|new )Date\(/g, CLOCK],
  [/\bDate\s*(?:\?\.)?\s*(?:\.\s*now\b|\[)|[=(,:?]\s*Date\s*(?:[;,)\n]|$)|\}\s*=\s*Date\b/g, CLOCK],
  [/\bMath\s*(?:\?\.)?\s*\.\s*random\b/g, CHANCE],
  // As a value, taken apart or with a computed name: whatever is drawn from it cannot be seen.
  [/\bMath\b(?!\s*\.\s*\w)/g, 'Math is used otherwise than Math.name: its source of random numbers could be taken'],
  [
    /\bglobalThis\b|\b(?:global|window|self)\s*(?:\?\.|\.)\s*(?:set(?:Timeout|Interval|Immediate)|queueMicrotask|Math|Date|crypto|performance|fetch)\b/g,
    'reaches through the global object: take clock, timers and random as arguments',
  ],
  [/\bcrypto\s*(?:\.|\[)\s*|\}\s*=\s*crypto\b/g, CHANCE],
  [/\bIntl\s*\[|\}\s*=\s*Intl\b|=\s*Intl\s*[;,\n]/g, ZONE],
  [/\.toLocale(?:Date|Time)?String\b/g, ZONE],
  [/\.(?:get|set)(?:FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds)\(|\.getTimezoneOffset\(/g, ZONE],
  [/\bnew Date\(\s*[^(),]+,/g, ZONE],
];

const FORMAT = /\bIntl\s*\.\s*DateTimeFormat\b/g;

/** Uses of clock, chance and the host's zone in the text of a module; comments do not count. */
export function ambientUses(text: string): AmbientUse[] {
  const uses = RULES.flatMap(([pattern, message]) =>
    [...text.matchAll(pattern)].map(({ index }) => ({ offset: index, message })),
  );
  for (const { index, 0: name } of text.matchAll(FORMAT)) {
    if (isCalled(text, index, name.length) && !/\btimeZone\b/.test(callOf(text, index + name.length))) {
      uses.push({ offset: index, message: ZONE });
    }
  }
  return uses.filter(({ offset }) => !isCommented(text, offset)).sort((a, b) => a.offset - b.offset);
}

/** A call, with or without `new`; a type has no parentheses. */
function isCalled(text: string, offset: number, length: number): boolean {
  return /^\s*\(/.test(text.slice(offset + length)) || /\bnew\s+$/.test(text.slice(0, offset));
}

/** The text between the parentheses that open at `from`; empty when none do. */
function callOf(text: string, from: number): string {
  const open = text.slice(from).search(/\S/) + from;
  if (text[open] !== '(') return '';
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return text.slice(open + 1, at);
  }
  return text.slice(open);
}

function isCommented(text: string, offset: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', offset) + 1, offset);
  return /^\s*(\*|\/\*)|\/\//.test(line);
}
