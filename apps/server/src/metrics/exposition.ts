import type { Labels } from '@dkron/runtime';

const ESCAPES: Readonly<Record<string, string>> = { '\\': String.raw`\\`, '"': String.raw`\"`, '\n': String.raw`\n` };

/** `a="1",b="2"`: labels in the order of their names. */
export function labelText(labels: Labels): string {
  const names = Object.keys(labels);
  // Counted with each run: nothing is sorted or escaped that need not be.
  if (names.length > 1) names.sort();
  let text = '';
  for (const name of names) text += `${text === '' ? '' : ','}${name}="${escaped(labels[name]!)}"`;
  return text;
}

function escaped(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replaceAll(/[\\"\n]/g, (char) => ESCAPES[char] ?? char);
}

/** One line of the text format. */
export function sampleLine(name: string, labels: string, value: number): string {
  const text = Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  return labels === '' ? `${name} ${text}` : `${name}{${labels}} ${text}`;
}
