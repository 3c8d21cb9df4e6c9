import { AttemptError } from '../kit/limited-attempt.ts';
import { type Engine, EngineError } from './engine.ts';
import type { DockerSettings } from './settings.ts';

const NOT_FOUND = 404;

/** Makes sure that the engine has the image, as far as it may fetch it. */
export async function ensureImage(
  engine: Engine,
  { image, pull, registry }: DockerSettings,
  signal: AbortSignal,
): Promise<void> {
  if (pull !== 'always' && (await has(engine, image, signal))) return;
  if (pull === 'never') throw new AttemptError(`docker: image: ${image} is not on this node, and pull is never`);
  const headers = registry && { 'x-registry-auth': Buffer.from(JSON.stringify(registry)).toString('base64url') };
  const path = `/images/create?fromImage=${encodeURIComponent(withTag(image))}`;
  for await (const line of engine.lines({ method: 'POST', path, signal, ...(headers && { headers }) })) {
    const { error } = line as { readonly error?: unknown };
    if (typeof error === 'string') throw new AttemptError(`docker: image: ${error}`);
  }
}

async function has(engine: Engine, image: string, signal: AbortSignal): Promise<boolean> {
  try {
    await engine.call({ method: 'GET', path: `/images/${encodeURI(image)}/json`, signal });
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.status === NOT_FOUND) return false;
    throw error;
  }
}

/** Without a tag the engine would fetch all there are. */
function withTag(image: string): string {
  const name = image.slice(image.lastIndexOf('/') + 1);
  return name.includes(':') || image.includes('@') ? image : `${image}:latest`;
}
