import type { Routes } from './gen/api.ts';

/** Method and path template as the OpenAPI document has them, e.g. `GET /v1/jobs/{job}`. */
export type Route = keyof Routes;

/** Query of a route, as an object. */
export type QueryOf<R extends Route> = Routes[R]['query'];

/** Body of an answer; without a status, of any that tells success. */
export type AnswerOf<
  R extends Route,
  S extends keyof Routes[R]['answers'] = keyof Routes[R]['answers'],
> = Routes[R]['answers'][S];

/** Body that a route takes; `never` where it takes none. */
export type BodyOf<R extends Route> = Routes[R] extends { readonly body: infer B } ? B : never;

/** What varies in the path of a route, as an object; nothing where nothing varies. */
export type PathOf<R extends Route> = Routes[R] extends { readonly path: infer P }
  ? P
  : Readonly<Record<string, never>>;

type QueryValue = string | number | bigint | boolean | readonly (string | number | bigint)[] | undefined;

/** Method and URL path of a route; every part and every value of the query is escaped. */
export function targetOf(
  route: Route,
  path: Readonly<Record<string, string>> = {},
  query: object = {},
): { readonly method: string; readonly target: string } {
  const [method = '', template = ''] = route.split(' ');
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => segment(name, path[name] ?? ''));
  return { method, target: filled + queryText(query as Readonly<Record<string, QueryValue>>) };
}

/** An empty name would be another path: that of the list. */
function segment(name: string, value: string): string {
  // Dots alone would be taken as the way up.
  if (value === '' || value === '.' || value === '..') throw new TypeError(`"${value}" is no ${name}`);
  return encodeURIComponent(value);
}

function queryText(query: Readonly<Record<string, QueryValue>>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of typeof value === 'object' ? value : [value]) params.append(key, String(item));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
