import { registerHooks } from 'node:module';
import type { Mutation } from './mutations.ts';

/** Puts a defect into its file when that is loaded. To be called before. */
export function mutateSource({ id, file, find, replace }: Mutation): void {
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context);
      if (!url.endsWith(`/${file}`)) return loaded;
      const { source } = loaded;
      const text = typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString();
      const parts = text.split(find);
      if (parts.length !== 2)
        throw new TypeError(`mutation ${id}: its place is there ${parts.length - 1} times, must be once`);
      return { ...loaded, source: parts.join(replace) };
    },
  });
}
