/** Go types of the original's Job struct, as its error texts name them. */
export const FIELD_TYPES = {
  id: 'string',
  name: 'string',
  displayname: 'string',
  timezone: 'string',
  schedule: 'string',
  owner: 'string',
  owner_email: 'string',
  success_count: 'int',
  error_count: 'int',
  last_success: 'date',
  last_error: 'date',
  disabled: 'bool',
  tags: 'map[string]string',
  metadata: 'map[string]string',
  retries: 'uint',
  dependent_jobs: '[]string',
  parent_job: 'string',
  processors: 'map[string]plugin.Config',
  concurrency: 'string',
  executor: 'string',
  executor_config: 'plugin.ExecutorPluginConfig',
  status: 'string',
  next: 'date',
  ephemeral: 'bool',
  starts_at: 'date',
  expires_at: 'date',
  dst_gap: 'string',
  dst_overlap: 'string',
  catchup: 'string',
  catchup_window: 'string',
  timeout: 'string',
} as const;

export type FieldName = keyof typeof FIELD_TYPES;

/** A map finds a text just read without making it a property name first. */
const NAMES: ReadonlyMap<string, FieldName> = new Map(
  Object.keys(FIELD_TYPES).map((name) => [name, name as FieldName]),
);

/** Letters outside ASCII that count as `s` and `k` when case is ignored. */
const FOLDED: Readonly<Record<string, string>> = { '\u017f': 's', '\u212a': 'k' };

/** The field a key of the request means: case does not matter. */
export function fieldOf(key: string): FieldName | undefined {
  const same = NAMES.get(key);
  if (same !== undefined) return same;
  const name = key.replaceAll(/[\u017f\u212a]/g, (char) => FOLDED[char] ?? char).toLowerCase();
  return NAMES.get(name);
}
