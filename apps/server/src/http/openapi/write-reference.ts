import { writeFileSync } from 'node:fs';
import { REFERENCE_PATH, referencePage } from './reference-page.ts';

writeFileSync(REFERENCE_PATH, referencePage());
process.stdout.write(`wrote ${REFERENCE_PATH}\n`);
