import type { Labels } from '@dkron/runtime';

const ESCAPES: Readonly<Record<string, string>> = { '\\': String.raw`\\`, '"': String.raw`\"`, '\n': String.raw`\n` };

/** `a="1",b="2"`: labels in the order of their names. */
export function labelText(labels: Labels): string {
  return Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, (char) => ESCAPES[char] ?? char)}"`)
    .join(',');
}

/** One line of the text format. */
export function sampleLine(name: string, labels: string, value: number): string {
  const text = Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  return labels === '' ? `${name} ${text}` : `${name}{${labels}} ${text}`;
}
