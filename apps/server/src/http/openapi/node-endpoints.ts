import { z } from 'zod';
import {
  debugVars,
  health,
  info,
  leader,
  member,
  offer,
  paused,
  restored,
  snapshotQuery,
  stats,
} from '../schemas/cluster.ts';
import { statsQuery } from '../schemas/job-queries.ts';
import type { Answer, Endpoint, Method } from './endpoint.ts';
import { json, list, plain, refusal, refusalAsOriginal } from './endpoint.ts';

const pause = (method: Method, path: string, summary: string, additive = false): Endpoint => ({
  method,
  path,
  tag: 'Switches',
  summary,
  ...(additive ? { additive } : {}),
  ...(method === 'get' ? { shared: true } : {}),
  answers: { 200: json(paused, 'As it is now') },
});

const offers = (path: string, summary: string): Endpoint => ({
  method: 'get',
  path,
  tag: 'Cluster',
  summary,
  description:
    'Of all nodes, with the schema that jobs are checked with. A node that did not tell, as those of the original, is named in `Warning`. Answers are kept for 5 seconds.',
  additive: true,
  answers: { 200: json(z.array(offer), 'In ascending order', 'X-Total-Count', 'Warning') },
});

const BYTES_TYPE = 'application/octet-stream';
const html = (description: string) => plain(description, 'text/html');

export const NODE_ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/v1',
    tag: 'Cluster',
    summary: 'Show this server',
    answers: { 200: json(info, 'Name, version, tags') },
  },
  {
    method: 'get',
    path: '/v1/members',
    tag: 'Cluster',
    summary: 'List the nodes',
    answers: { 200: list(member, 'All nodes still remembered') },
  },
  {
    method: 'get',
    path: '/v1/leader',
    tag: 'Cluster',
    summary: 'Show the leader',
    answers: { 200: json(leader, 'The leader'), 500: plain('No server leads; the body is `null`') },
  },
  {
    method: 'get',
    path: '/v1/isleader',
    tag: 'Cluster',
    summary: 'Whether this server leads',
    answers: { 200: json(z.string(), 'It does'), 404: json(z.string(), 'It does not') },
  },
  {
    method: 'get',
    path: '/v1/stats',
    tag: 'Executions',
    summary: 'Count attempts by day',
    shared: true,
    query: statsQuery,
    answers: { 200: json(stats, 'Totals') },
  },
  offers('/v1/executors', 'List what runs jobs'),
  offers('/v1/processors', 'List what passes on the output of jobs'),
  pause('get', '/v1/pause', 'Whether new jobs are refused'),
  pause('post', '/v1/pause', 'Refuse new jobs; what is stored goes on running'),
  pause('post', '/v1/unpause', 'Take new jobs again'),
  pause('get', '/v1/scheduler', 'Whether scheduled runs are stopped', true),
  pause('post', '/v1/scheduler/pause', 'Stop the scheduled runs of the whole cluster', true),
  pause('post', '/v1/scheduler/resume', 'Resume the scheduled runs', true),
  {
    method: 'get',
    path: '/v1/snapshot',
    tag: 'Cluster',
    summary: 'Save the state of the cluster',
    description:
      'A file with everything the servers share: jobs, executions, outputs, the ledger. It is of one moment, holds all that was acknowledged before, and checks itself. Any server gives it; `dkron raft snapshot inspect` shows what is in it.',
    additive: true,
    shared: true,
    query: snapshotQuery,
    answers: {
      200: plain('The backup', BYTES_TYPE),
      409: refusal('Too many backups are being read'),
      503: refusal('No server leads; with `stale` this server saves what it knows'),
    },
  },
  {
    method: 'put',
    path: '/v1/snapshot',
    tag: 'Cluster',
    summary: 'Restore the state of the cluster',
    description:
      'Replaces the state of all servers by that of a backup, all of it or nothing. What ran when it was saved ends as lost, without retries; ticks up to the restore count as decided. Writes are refused meanwhile.',
    additive: true,
    body: { type: BYTES_TYPE, schema: z.string(), description: 'The backup; at most 256 MiB' },
    answers: {
      200: json(restored, 'It is restored on a majority of the servers'),
      400: refusal('The backup is cut, damaged or of another format; nothing was changed'),
      409: refusal('Another one is being restored'),
    },
  },
  {
    method: 'post',
    path: '/v1/leave',
    tag: 'Node',
    summary: 'Stop this server',
    description: 'It leaves the cluster, stops in order and ends.',
    answers: { 200: json(z.record(z.string(), z.unknown()), 'The servers it leaves behind, by region') },
  },
  {
    method: 'get',
    path: '/health',
    tag: 'Node',
    summary: 'Whether this server works',
    answers: { 200: json(health, 'It does'), 503: json(health, 'It does not') },
  },
  {
    method: 'get',
    path: '/debug/vars',
    tag: 'Node',
    summary: 'Inner figures',
    answers: { 200: json(debugVars, 'As the original names them') },
  },
  {
    method: 'get',
    path: '/metrics',
    tag: 'Node',
    summary: 'Metrics for Prometheus',
    description: 'Only with the setting `enable-prometheus`.',
    answers: { 200: plain('Text format 0.0.4') },
  },
  {
    method: 'get',
    path: '/',
    tag: 'Node',
    summary: 'To the user interface',
    description: 'Only with the setting `ui`.',
    answers: { 303: html('For a browser: to `/ui/`'), 404: { description: 'For others' } },
  },
  {
    method: 'get',
    path: '/ui/{file}',
    tag: 'Node',
    summary: 'The user interface',
    description: 'Only with the setting `ui`. Any path that is no file is its first page.',
    answers: {
      200: plain('The file', '*/*'),
      206: plain('Part of the file', '*/*'),
      301: { description: 'A folder' },
      416: { description: 'The file is shorter' },
    },
  },
  {
    method: 'get',
    path: '/openapi.json',
    tag: 'Documentation',
    summary: 'This description as OpenAPI 3.1',
    additive: true,
    answers: { 200: json(z.record(z.string(), z.unknown()), 'The document') },
  },
  {
    method: 'get',
    path: '/docs',
    tag: 'Documentation',
    summary: 'This description to read',
    additive: true,
    answers: { 200: html('A page that needs nothing else') },
  },
];

/** Refusals that any request may meet. */
export function commonAnswers({
  method,
  additive = false,
  shared = false,
}: Endpoint): Readonly<Record<number, Answer>> {
  const refused = additive ? refusal : refusalAsOriginal;
  return {
    ...(shared
      ? {
          400: refused('A value of the query cannot be taken'),
          503: refused('With `consistent`: no server leads'),
        }
      : {}),
    ...(additive ? { 415: refusal('A body that is not `application/json`') } : {}),
    ...(method === 'get'
      ? {}
      : {
          403: refused('A page of another origin, which `cors-origins` does not list'),
          413: refused('The body is larger than `max-body-size`'),
          503: refused('No server leads, or the one that does could not be asked'),
        }),
    500: refused('The server is at fault; its log says how'),
  };
}
