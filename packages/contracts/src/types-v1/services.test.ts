import { describe, expect, it } from 'vitest';
import { AgentServiceService, DkronService, ExecutorServiceService, StatusHelperServiceService } from './index.ts';

interface Method {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

const kinds = (service: Readonly<Record<string, Method>>): string[] =>
  Object.values(service).map(
    ({ path, requestStream, responseStream }) =>
      `${path} ${requestStream ? 'stream' : 'one'} ${responseStream ? 'stream' : 'one'}`,
  );

describe('services of the original: names and streaming', () => {
  it('Dkron', () => {
    expect(kinds(DkronService).toSorted()).toStrictEqual([
      '/types.v1.Dkron/DeleteExecutions one one',
      '/types.v1.Dkron/DeleteJob one one',
      '/types.v1.Dkron/ExecutionDone one one',
      '/types.v1.Dkron/GetActiveExecutions one one',
      '/types.v1.Dkron/GetJob one one',
      '/types.v1.Dkron/Leave one one',
      '/types.v1.Dkron/RaftGetConfiguration one one',
      '/types.v1.Dkron/RaftRemovePeerByID one one',
      '/types.v1.Dkron/RunJob one one',
      '/types.v1.Dkron/SetExecution one one',
      '/types.v1.Dkron/SetJob one one',
      '/types.v1.Dkron/ToggleJob one one',
    ]);
  });

  it('agent, executor, status helper', () => {
    expect(kinds(AgentServiceService)).toStrictEqual(['/types.v1.AgentService/AgentRun one stream']);
    expect(kinds(ExecutorServiceService)).toStrictEqual(['/types.v1.ExecutorService/Execute one one']);
    expect(kinds(StatusHelperServiceService)).toStrictEqual(['/types.v1.StatusHelperService/Update one one']);
  });
});
