/// <reference types="node" />
/*
 * The executors against real peers, each started here on loopback. Arguments go to vitest. Exit code 77: all that ran
 * passed, but some peers are not to be had on this machine; they are named.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NOT_RUN = 77;
const folder = mkdtempSync(join(tmpdir(), 'dkron-executors-slow-'));
const notRunFile = join(folder, 'not-run');
const env = { ...process.env, EXECUTORS_SLOW: '1', EXECUTORS_NOT_RUN: notRunFile };
const { status } = spawnSync('vitest', ['run', ...process.argv.slice(2)], { stdio: 'inherit', env });
const missing = existsSync(notRunFile) ? readFileSync(notRunFile, 'utf8') : '';
rmSync(folder, { recursive: true });
for (const line of new Set(missing.split('\n').filter(Boolean))) process.stdout.write(`executors: NOT RUN: ${line}\n`);
process.exitCode = status !== 0 ? (status ?? 1) : missing ? NOT_RUN : 0;
