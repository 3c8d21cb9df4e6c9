/** Preloaded into nodes of the bench: what they run ends at once and does nothing. Everything else is the node's own. */
import { registerHooks } from 'node:module';
import type { Executor } from '@dkron/executors';
import { ExecutorRegistry } from '@dkron/executors';

const NOOP: Executor = { name: 'shell', execute: () => Promise.resolve({ success: true, error: '', exitCode: 0 }) };

ExecutorRegistry.prototype.get = () => NOOP;

/** The bundled program has a copy of the class: the same program as separate modules uses the one above. */
registerHooks({
  resolve: (specifier, context, next) => next(specifier.replace('/apps/cli/bundle/', '/apps/cli/dist/'), context),
});
