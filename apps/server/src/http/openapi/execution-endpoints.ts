import { execution, tick } from '../schemas/execution.ts';
import { job } from '../schemas/job.ts';
import { executionsQuery, jobExecutionsQuery, ticksQuery } from '../schemas/job-queries.ts';
import { eventsQuery } from '../schemas/events.ts';
import { preview, previewQuery } from '../schemas/preview.ts';
import type { Endpoint } from './endpoint.ts';
import { json, list, plain, refusal, refusalAsOriginal } from './endpoint.ts';

const NO_EXECUTION = refusal('No such execution');
const BAD_QUERY = refusal('A value of the query cannot be taken');
const TOO_MANY_STREAMS = refusal('This server has as many streams as it takes');
const STREAM = 'text/event-stream';

export const EXECUTION_ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/v1/jobs/{job}/executions',
    tag: 'Executions',
    summary: 'List executions of a job',
    shared: true,
    description: 'Those that wait to start are not listed. Times are in the zone of the job.',
    query: jobExecutionsQuery,
    answers: {
      200: list(execution, 'The page'),
      400: refusalAsOriginal('Unknown sort key'),
      404: refusalAsOriginal('No such job'),
    },
  },
  {
    method: 'delete',
    path: '/v1/jobs/{job}/executions',
    tag: 'Executions',
    summary: 'Forget the executions of a job',
    description: 'And set its counters to zero. The ledger stays.',
    answers: { 200: json(job, 'The job'), 404: refusalAsOriginal('No such job') },
  },
  {
    method: 'get',
    path: '/v1/jobs/{job}/executions/{execution}',
    tag: 'Executions',
    summary: 'Show an execution of a job',
    shared: true,
    answers: { 200: json(execution, 'With its output'), 404: refusalAsOriginal('No such job or execution') },
  },
  {
    method: 'get',
    path: '/v1/busy',
    tag: 'Executions',
    summary: 'List what runs now',
    shared: true,
    answers: { 200: list(execution, 'Oldest first, with the output so far') },
  },
  {
    method: 'get',
    path: '/v1/executions',
    tag: 'Executions',
    summary: 'List executions of all jobs',
    shared: true,
    description: 'Newest first.',
    additive: true,
    query: executionsQuery,
    answers: { 200: list(execution, 'The page'), 400: BAD_QUERY },
  },
  {
    method: 'get',
    path: '/v1/executions/{id}',
    tag: 'Executions',
    summary: 'Show an execution',
    shared: true,
    additive: true,
    answers: { 200: json(execution, 'With its output'), 404: NO_EXECUTION },
  },
  {
    method: 'get',
    path: '/v1/executions/{id}/output',
    tag: 'Executions',
    summary: 'Read the output of an execution',
    shared: true,
    description:
      'The kept head, a line about what was left out, the tail. With `Accept: text/event-stream` events: `output` with `{"seq","text"}`, first what is kept, then live; at last `end` with the execution.',
    additive: true,
    answers: {
      200: {
        description: 'The output',
        content: { ...plain('').content, ...plain('', STREAM).content },
      },
      404: NO_EXECUTION,
      503: TOO_MANY_STREAMS,
    },
  },
  {
    method: 'post',
    path: '/v1/executions/{id}/cancel',
    tag: 'Executions',
    summary: 'Cancel an execution',
    additive: true,
    answers: {
      200: json(execution, 'It had not started, and is cancelled'),
      202: json(execution, 'Its node was told; it is final when the node confirms'),
      404: NO_EXECUTION,
      409: refusal('It has ended, or its node cannot cancel'),
    },
  },
  {
    method: 'get',
    path: '/v1/jobs/{job}/ticks',
    tag: 'Executions',
    summary: 'List what became of each tick of a job',
    shared: true,
    description: 'Newest first. Starts by hand, by creation and by a parent are listed too.',
    additive: true,
    query: ticksQuery,
    answers: { 200: list(tick, 'The page'), 400: BAD_QUERY, 404: refusal('No such job') },
  },
  {
    method: 'get',
    path: '/v1/events',
    tag: 'Executions',
    summary: 'Follow changes as they happen',
    description:
      'Server-sent events `job` (JobChange), `tick` (Tick) and `execution` (Execution without output). The id of an event is `<log index>.<n>`; with `Last-Event-ID` the stream goes on after it, or begins with `reset` when it cannot: lists have to be read anew then. A comment line comes every 15 s. Who reads too slowly is cut off.',
    additive: true,
    query: eventsQuery,
    requestHeaders: ['Last-Event-ID'],
    answers: { 200: plain('The stream', STREAM), 400: BAD_QUERY, 503: TOO_MANY_STREAMS },
  },
  {
    method: 'get',
    path: '/v1/schedules/preview',
    tag: 'Schedules',
    summary: 'The next ticks of a schedule, and what it says in words',
    additive: true,
    query: previewQuery,
    answers: { 200: json(preview, 'What it means'), 400: refusal('The schedule or another value cannot be read') },
  },
];
