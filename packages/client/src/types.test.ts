import { expect, expectTypeOf, it } from 'vitest';
import type { AnswerOf, DkronClient, Execution, Job, JobInput, QueryOf, Started } from './index.ts';

/** Never run: `check:types` fails when one of the marked lines compiles. */
export async function doesNotCompile(client: DkronClient): Promise<void> {
  // @ts-expect-error no such route
  await client.request('GET /v1/job', {});
  // @ts-expect-error the name is missing
  await client.request('GET /v1/jobs/{job}', {});
  // @ts-expect-error no such key
  await client.listExecutions({ status: 'failed' });
  // @ts-expect-error no such value
  await client.listExecutions({ state: 'done' });
  // @ts-expect-error misspelt
  await client.createJob({ name: 'a', shedule: '@daily' });
  // @ts-expect-error the name is missing
  await client.createJob({ schedule: '@daily' });
  // @ts-expect-error GET has no body
  await client.request('GET /v1/jobs', { body: { name: 'a' } });
}

it('types follow the document', () => {
  expectTypeOf<Execution['group']>().toEqualTypeOf<bigint>();
  expectTypeOf<Execution['id']>().toEqualTypeOf<string>();
  expectTypeOf<QueryOf<'GET /v1/executions'>['group']>().toEqualTypeOf<number | bigint | undefined>();
  expectTypeOf<AnswerOf<'POST /v1/jobs/{job}/run', 202>>().toEqualTypeOf<Started>();
  expectTypeOf<AnswerOf<'GET /v1/jobs'>>().toEqualTypeOf<readonly Job[]>();
  // What was read can be sent.
  expectTypeOf<Job>().toExtend<JobInput>();
  expect(doesNotCompile).toBeTypeOf('function');
});
