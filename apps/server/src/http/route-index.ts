import type { FastifyInstance } from 'fastify';

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
}

/** All routes of the server, for questions about paths that have none. */
export class RouteIndex {
  readonly #routes: Route[] = [];

  /** Learns every route that is registered from now on. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ method, url }) => {
      const pattern = patternOf(url);
      for (const one of [method].flat()) this.#routes.push({ method: one, pattern });
    });
  }

  has(method: string, path: string): boolean {
    return this.#routes.some((route) => route.method === method && route.pattern.test(path));
  }

  /** The same path with a slash more or less at its end, where that one is a route. */
  slashTwin(method: string, path: string): string | undefined {
    const twin = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
    return twin !== '' && this.has(method, twin) ? twin : undefined;
  }
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((part) =>
      part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
    );
  return new RegExp(`^${source.join('/')}$`);
}
