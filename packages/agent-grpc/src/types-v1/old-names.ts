import { AgentServiceService, DkronService } from '@dkron/contracts/types-v1';

type Definition = Readonly<Record<string, { readonly path: string }>>;

/** `types.v1.Dkron` as peers before 4.0.9 call it (G-C16). The handlers are the same. */
export const OldDkronService = under('types.Dkron', DkronService);

/** `types.v1.AgentService` as peers before 4.0.9 call it (G-C16). The handlers are the same. */
export const OldAgentService = under('types.Agent', AgentServiceService);

function under<D extends Definition>(name: string, definition: D): D {
  const methods = Object.entries(definition).map(([key, method]) => {
    return [key, { ...method, path: `/${name}/${method.path.slice(method.path.lastIndexOf('/') + 1)}` }];
  });
  return Object.fromEntries(methods) as D;
}
