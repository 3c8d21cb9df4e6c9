import { ProcessorError } from './errors.ts';

/** Loads an optional package at its first use. A failed try is not remembered, so that one may be installed later. */
export function optionalPeer<T>(packageName: string, load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
      const text = `the package ${packageName} is not installed on this node (npm install ${packageName})`;
      throw new ProcessorError('not_installed', text, { package: packageName });
    });
    return loaded;
  };
}
