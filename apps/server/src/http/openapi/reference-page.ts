import { fileURLToPath } from 'node:url';
import { VERSION } from '../../version.ts';
import { openApiDocument } from './document.ts';
import { ENDPOINTS } from './endpoints.ts';
import { restReference } from './reference.ts';

export const REFERENCE_PATH = fileURLToPath(new URL('../../../../../docs/reference/rest.md', import.meta.url));

/** The page as it has to be. */
export function referencePage(): string {
  const added = new Set(ENDPOINTS.filter(({ additive }) => additive === true).map(({ path }) => path));
  return restReference(openApiDocument(VERSION), added);
}
