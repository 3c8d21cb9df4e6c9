import { fileURLToPath } from 'node:url';
import { PROGRAM } from '../tree.ts';
import { cliReference } from './cli-reference.ts';
import { configurationReference } from './configuration-reference.ts';

const FOLDER = new URL('../../../../docs/reference/', import.meta.url);

export interface Page {
  readonly path: string;
  readonly text: string;
}

/** The pages of the reference that come from the program. */
export function pages(): Page[] {
  return [
    { path: fileURLToPath(new URL('cli.md', FOLDER)), text: cliReference(PROGRAM) },
    { path: fileURLToPath(new URL('configuration.md', FOLDER)), text: configurationReference() },
  ];
}
