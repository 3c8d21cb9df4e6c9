import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Problem } from './problem.ts';
import { examplesIn } from './readmes.ts';

/** A README with its programs, below the folder of the package whose name the programs import. */
export interface Readme {
  /** `packages/cron` */
  readonly folder: string;
  readonly text: string;
}

const CHECK = 'readmes';
const RUN_TIMEOUT_MS = 30_000;
// Git-ignored, and inside the package: there its own name and its dependencies resolve as for a user.
const EXAMPLE_FOLDER = '.readme-examples';

/** Compiles all programs of all READMEs in one go, then runs each; needs the packages to be built. */
export function checkExamples(root: string, readmes: readonly Readme[]): Problem[] {
  const problems: Problem[] = [];
  const programs = readmes.flatMap(({ folder, text }) => {
    const examples = examplesIn(text);
    if (examples.length === 0) problems.push(problem(folder, 0, 'has no runnable example (a block opened with ```ts)'));
    if (!existsSync(join(root, folder, 'dist'))) {
      problems.push(problem(folder, 0, 'cannot be checked before `npm run build`'));
      return [];
    }
    return examples.map(({ code, line }, index) => ({
      folder,
      line,
      code,
      path: join(root, folder, EXAMPLE_FOLDER, `example-${index + 1}.ts`),
    }));
  });
  try {
    for (const { path, code } of programs) {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, `${code}\nexport {};\n`);
    }
    if (programs.length > 0) problems.push(...compile(root, programs));
    for (const program of programs) problems.push(...run(program));
  } finally {
    for (const { folder } of readmes) rmSync(join(root, folder, EXAMPLE_FOLDER), { recursive: true, force: true });
  }
  return problems;
}

interface Program {
  readonly folder: string;
  readonly line: number;
  readonly path: string;
}

function compile(root: string, programs: readonly Program[]): Problem[] {
  const folder = mkdtempSync(join(root, 'node_modules', '.readme-types-'));
  try {
    const config = {
      extends: join(root, 'tooling', 'tsconfig', 'test.json'),
      compilerOptions: { rootDir: root, types: ['node'] },
      include: [],
      files: programs.map(({ path }) => path),
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const { status, stdout } = spawnSync(tsc, ['-p', folder, '--pretty', 'false'], { cwd: root, encoding: 'utf8' });
    if (status === 0) return [];
    const found = stdout.split('\n').flatMap((text) => {
      const match = /^(.+?)\((\d+),\d+\): (.*)$/.exec(text);
      const program = programs.find(({ path }) => match && join(root, match[1] ?? '') === path);
      return program && match ? [problem(program.folder, program.line + Number(match[2]) - 1, match[3] ?? '')] : [];
    });
    return found.length > 0
      ? found
      : [{ check: CHECK, path: 'packages', line: 0, message: stdout.trim() || 'tsc did not run' }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run({ folder, line, path }: Program): Problem[] {
  const cwd = mkdtempSync(join(tmpdir(), 'dkron-readme-'));
  try {
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [path], {
      cwd,
      encoding: 'utf8',
      timeout: RUN_TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (signal) return [problem(folder, line, `the example did not end within ${RUN_TIMEOUT_MS} ms`)];
    if (status !== 0)
      return [problem(folder, line, `the example ends with exit code ${status}: ${stderr.trim().slice(-600)}`)];
    return stdout.trim() === '' ? [problem(folder, line, 'the example prints nothing')] : [];
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

function problem(folder: string, line: number, message: string): Problem {
  return { check: CHECK, path: `${folder}/README.md`, line, message };
}
