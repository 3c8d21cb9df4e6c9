import { z } from 'zod';
import { dryRun, job, jobEcho, jobInput } from '../schemas/job.ts';
import { createQuery, jobsQuery, runQuery } from '../schemas/job-queries.ts';
import { started } from '../schemas/execution.ts';
import type { Endpoint, Method } from './endpoint.ts';
import { json, list, refusalAsOriginal } from './endpoint.ts';

const PRECONDITION = refusalAsOriginal('The job is not the one that `If-Match` or `If-None-Match` names');
const NO_JOB = refusalAsOriginal('No such job');

const create = (method: Method, path: string, summary: string): Endpoint => ({
  method,
  path,
  tag: 'Jobs',
  summary,
  description:
    'Creates the job or replaces it as a whole; counters and history are kept. The name in the body decides. With `dry_run` the job is judged as the real call would, and nothing is stored.',
  query: createQuery,
  requestHeaders: ['If-Match', 'If-None-Match'],
  body: { type: 'application/json', schema: jobInput, description: 'The type is not looked at' },
  answers: {
    200: json(dryRun, 'With `dry_run`: the job would be stored'),
    201: json(jobEcho, 'Stored', 'Location', 'ETag', 'Warning'),
    400: refusalAsOriginal('The body cannot be read, or a value cannot be taken'),
    404: refusalAsOriginal('The parent job does not exist'),
    412: PRECONDITION,
    503: refusalAsOriginal('New jobs are refused for now, see `POST /v1/pause`; or no server leads'),
  },
});

const run = (path: string): Endpoint => ({
  method: 'post',
  path,
  tag: 'Runs',
  summary: 'Run a job now',
  description:
    'Answers when the run, its retries and what it causes have ended, unless `wait=false`. Passes `forbid`, `starts_at`, `expires_at` and pauses.',
  query: runQuery,
  requestHeaders: ['Idempotency-Key'],
  answers: {
    200: json(job, 'Has ended; the job as it was before, but for `next`', 'Location', 'ETag'),
    202: json(started, 'With `wait=false`: the start is committed'),
    400: refusalAsOriginal('A parameter cannot be taken; nothing is started'),
    404: refusalAsOriginal('No such job, it is disabled, or no node matches its tags'),
    409: refusalAsOriginal('With `respect_concurrency`: a run of the job is open'),
  },
});

export const JOB_ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/v1/jobs',
    tag: 'Jobs',
    summary: 'List jobs',
    shared: true,
    description: 'The answer is also the form of a backup, see `POST /v1/restore`.',
    query: jobsQuery,
    answers: { 200: list(job, 'The page'), 400: refusalAsOriginal('Unknown sort key') },
  },
  create('post', '/v1/jobs', 'Create or replace a job'),
  create('patch', '/v1/jobs', 'Create or replace a job, the same'),
  create('put', '/v1/jobs/{job}', 'Create or replace a job, the same'),
  {
    method: 'get',
    path: '/v1/jobs/{job}',
    tag: 'Jobs',
    summary: 'Show a job',
    shared: true,
    requestHeaders: ['If-None-Match'],
    answers: {
      200: json(job, 'The job', 'ETag'),
      304: { description: 'It is the one that `If-None-Match` names', headers: ['ETag'] },
      404: NO_JOB,
    },
  },
  {
    method: 'delete',
    path: '/v1/jobs/{job}',
    tag: 'Jobs',
    summary: 'Delete a job',
    description: 'With its executions and its ledger. What runs goes on until it ends.',
    requestHeaders: ['If-Match'],
    answers: {
      200: json(job, 'Deleted; as it was', 'ETag'),
      404: refusalAsOriginal('No such job, or other jobs depend on it'),
      412: PRECONDITION,
    },
  },
  run('/v1/jobs/{job}'),
  run('/v1/jobs/{job}/run'),
  {
    method: 'post',
    path: '/v1/jobs/{job}/toggle',
    tag: 'Jobs',
    summary: 'Enable or disable a job',
    description: 'Turns `disabled` into its opposite.',
    requestHeaders: ['If-Match'],
    answers: {
      200: json(job, 'As it is now', 'Location', 'ETag'),
      404: NO_JOB,
      412: PRECONDITION,
      422: refusalAsOriginal('No server leads now'),
    },
  },
  {
    method: 'post',
    path: '/v1/restore',
    tag: 'Jobs',
    summary: 'Store a backup',
    description:
      'Parents before children; the parent of a job has to be in the file. Nothing is stored when one job cannot be taken.',
    body: {
      type: 'multipart/form-data',
      schema: z.object({ file: z.string().meta({ description: 'A file: the answer of `GET /v1/jobs`' }) }),
      description: 'One file in the field `file`; at most 256 MiB',
    },
    answers: {
      200: json(z.string(), 'A JSON text that holds a JSON array of lines, as the original answers'),
      400: refusalAsOriginal('The backup cannot be taken'),
      404: refusalAsOriginal('The body holds no file in the field `file`'),
    },
  },
];
