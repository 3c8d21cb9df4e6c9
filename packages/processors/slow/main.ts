/// <reference types="node" />
/*
 * The processors against real peers, each started here on loopback. `--all` adds OpenSearch and an S3, which are large;
 * other arguments go to vitest. Exit code 77: all that ran passed, but some peers are not to be had on this machine; they are
 * named.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NOT_RUN = 77;
const given = process.argv.slice(2);
const all = given.includes('--all');
const folder = mkdtempSync(join(tmpdir(), 'dkron-processors-slow-'));
const notRunFile = join(folder, 'not-run');
const env = {
  ...process.env,
  PROCESSORS_SLOW: '1',
  PROCESSORS_NOT_RUN: notRunFile,
  PROCESSORS_STEP_MS: all ? '300000' : '60000',
};
const args = all ? given.filter((arg) => arg !== '--all') : ['--exclude', 'slow/{elasticsearch,s3}.test.ts', ...given];
const { status } = spawnSync('vitest', ['run', ...args], { stdio: 'inherit', env });
const missing = existsSync(notRunFile) ? readFileSync(notRunFile, 'utf8') : '';
rmSync(folder, { recursive: true });
for (const line of new Set(missing.split('\n').filter(Boolean))) process.stdout.write(`processors: NOT RUN: ${line}\n`);
process.exitCode = status !== 0 ? (status ?? 1) : missing ? NOT_RUN : 0;
