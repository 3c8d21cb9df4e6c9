/// <reference types="node" />
/*
 * The processors against real peers, each started here on loopback. `--all` adds OpenSearch and an S3, which are large;
 * other arguments go to vitest.
 */
import { runPeerTests } from '@dkron/harness';

const given = process.argv.slice(2);
const all = given.includes('--all');
const args = all ? given.filter((arg) => arg !== '--all') : ['--exclude', 'slow/{elasticsearch,s3}.test.ts', ...given];
runPeerTests('processors', args, { PROCESSORS_SLOW: '1', PROCESSORS_STEP_MS: all ? '300000' : '60000' });
