import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { Descriptors } from './descriptors.ts';

const descriptors = new Descriptors();
const namesOf = (files: readonly Uint8Array[] | undefined): string[] =>
  (files ?? []).map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);

describe('descriptors', () => {
  it.each([
    'types.v1.Dkron',
    'types.v1.Dkron.ExecutionDone',
    'types.v1.AgentService',
    'types.v1.Job.NullableTime',
    'dkron.agent.v1.Agent',
    'dkron.cluster.v1.ClusterService',
    'grpc.health.v1.HealthCheckResponse.ServingStatus',
    'google.protobuf.Timestamp',
  ])('%s is found', (symbol) => {
    expect(descriptors.fileOf(symbol)).toBeDefined();
  });

  it('a file comes with all that it imports, itself first, each once', () => {
    const names = namesOf(descriptors.fileOf('types.v1.Dkron'));
    expect(names[0]).toMatch(/^types\/v1\//);
    expect(names).toContain('google/protobuf/timestamp.proto');
    expect(new Set(names).size).toBe(names.length);
    expect(namesOf(descriptors.file(names[0]!))).toEqual(names);
  });

  it('what is not there is not found', () => {
    expect([descriptors.fileOf('types.v1.Nope'), descriptors.file('nope.proto')]).toEqual([undefined, undefined]);
  });
});
