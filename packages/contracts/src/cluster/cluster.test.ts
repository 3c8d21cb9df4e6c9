import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Description, PledgeAnswer, PledgeRequest } from '@dkron/cluster';
import {
  ClusterServiceService,
  DescribeResponse,
  PledgeRequest as GeneratedPledge,
  PledgeResponse,
} from '../gen/dkron/cluster/v1/cluster.ts';
import { count, shape, word } from '../../test/arbitraries.ts';
import { ContractError } from '../errors.ts';
import { clusterService } from './service.ts';

const small = fc.nat(2 ** 31);
const descriptions: fc.Arbitrary<Description> = shape({
  name: word,
  region: word,
  birth: word,
  boot: word,
  state: fc.constantFrom('agent', 'fresh', 'pledged', 'member' as const),
  expect: small,
  clusterId: word,
  members: fc.array(word, { maxLength: 4 }),
  leader: shape({ name: word, address: word }),
  software: word,
  featureMax: small,
  wallMs: count,
});
const requests: fc.Arbitrary<PledgeRequest> = shape({
  from: word,
  record: shape({
    region: word,
    attempt: count,
    members: fc.array(shape({ id: word, birth: word }), { maxLength: 4 }),
  }),
});
const answers: fc.Arbitrary<PledgeAnswer> = shape({ accepted: fc.boolean(), reason: word });

const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');

interface Codec<T> {
  readonly write: (value: T) => Buffer;
  readonly read: (bytes: Buffer) => T;
}
interface Generated {
  encode(value: never): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

function holds<T>(values: fc.Arbitrary<T>, { write, read }: Codec<T>, generated: Generated): void {
  fc.assert(
    fc.property(values, (value) => {
      const wire = write(value);
      expect(isDeepStrictEqual(read(wire), value)).toBe(true);
      expect(hex(generated.encode(generated.decode(wire) as never).finish())).toBe(hex(wire));
    }),
  );
}

describe('the messages of the cluster service', () => {
  const { describe: described, pledge } = clusterService;

  it('descriptions', () => {
    const { responseSerialize: write, responseDeserialize: read } = described;
    expect(() => holds(descriptions, { write, read }, DescribeResponse)).not.toThrow();
  });

  it('requests for a pledge', () => {
    const { requestSerialize: write, requestDeserialize: read } = pledge;
    expect(() => holds(requests, { write, read }, GeneratedPledge)).not.toThrow();
  });

  it('answers', () => {
    const { responseSerialize: write, responseDeserialize: read } = pledge;
    expect(() => holds(answers, { write, read }, PledgeResponse)).not.toThrow();
  });

  it('a description without a state, and one of a later version, cannot be read', () => {
    expect(() => described.responseDeserialize(Buffer.alloc(0))).toThrow(ContractError);
    expect(() => described.responseDeserialize(Buffer.from('28634a00', 'hex'))).toThrow('node state');
  });
});

it('the service is that of the contract', () => {
  for (const name of ['describe', 'pledge'] as const) {
    const { path, requestStream, responseStream } = clusterService[name];
    expect(ClusterServiceService[name]).toMatchObject({ path, requestStream, responseStream });
  }
  expect(Object.keys(clusterService)).toStrictEqual(Object.keys(ClusterServiceService));
  expect(clusterService.describe.requestDeserialize(clusterService.describe.requestSerialize({}))).toStrictEqual({});
});
