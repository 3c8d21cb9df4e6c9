const INDENT = 4;

/** JSON of plain data; undefined keys are left out, bigints are bare numbers. `pretty` indents as the original does. */
export function stringifyJson(value: unknown, options: { readonly pretty?: boolean } = {}): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) =>
      typeof item === 'bigint'
        ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(item.toString())
        : item,
    options.pretty === true ? INDENT : undefined,
  );
}
