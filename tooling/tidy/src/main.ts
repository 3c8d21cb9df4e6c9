import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkDecisions } from './decisions.ts';
import { checkEntryPoints } from './entry-points.ts';
import { checkKnownGaps } from './known-gaps.ts';
import { checkLayers } from './layers.ts';
import { checkManifest } from './manifests.ts';
import type { Problem } from './problem.ts';
import { formatProblem } from './problem.ts';
import { checkProcedures } from './procedures.ts';
import { readFiles, workspacesOf } from './repository.ts';
import { checkExamples } from './run-examples.ts';
import { checkScenarios } from './scenarios.ts';
import { checkSizes, type SizeAllowList } from './sizes.ts';
import { checkTexts } from './texts.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const sizesAllowed = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'file-sizes.json'), 'utf8'),
) as SizeAllowList;

const files = readFiles(root);
const workspaces = workspacesOf(files);
const problems: Problem[] = [
  ...files.flatMap(checkLayers),
  ...files.flatMap(checkTexts),
  ...files.flatMap(checkEntryPoints),
  ...checkDecisions(files),
  ...checkKnownGaps(files),
  ...checkProcedures(files),
  ...checkScenarios(files),
  ...checkSizes(files, sizesAllowed),
  ...workspaces.flatMap(checkManifest),
];

const readmes = workspaces.flatMap(({ folder }) => {
  const readme = files.find(({ path }) => path === `${folder}/README.md`);
  if (!readme) problems.push({ check: 'readmes', path: folder, line: 0, message: 'has no README.md' });
  return readme && folder.startsWith('packages/') ? [{ folder, text: readme.text }] : [];
});
problems.push(...checkExamples(root, readmes));

for (const problem of problems) process.stdout.write(`${formatProblem(problem)}\n`);
const summary = `tidy: ${files.length} files, ${workspaces.length} packages, ${problems.length} problems`;
process.stdout.write(`${summary}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
