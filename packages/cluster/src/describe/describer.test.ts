import { describe, expect, it } from 'vitest';
import { ManualTime } from '@dkron/runtime/testing';
import { refuseGoServers } from '../join/probation.ts';
import type { NodeMember } from '../tags/node-member.ts';
import { Describer } from './describer.ts';
import type { Description, DescribeOutcome } from './description.ts';

const ours = (name: string): DescribeOutcome => {
  const leader = { name: '', address: '' };
  const description: Description = {
    name,
    region: 'r',
    birth: '1',
    boot: '',
    state: 'member',
    expect: 0,
    clusterId: '',
    members: [],
    leader,
    software: '',
    featureMax: 0,
    wallMs: 0,
  };
  return { kind: 'ours', description };
};

function place(answer: (address: string) => DescribeOutcome | Promise<DescribeOutcome>): {
  readonly describer: Describer;
  readonly time: ManualTime;
  readonly asked: string[];
} {
  const time = new ManualTime();
  const asked: string[] = [];
  const ask = async (address: string): Promise<DescribeOutcome> => {
    asked.push(address);
    return await answer(address);
  };
  return { describer: new Describer({}, { ask, clock: time }), time, asked };
}

describe('Describer', () => {
  it('asks once per name, address and join', async () => {
    const { describer, asked } = place(() => ours('a'));
    await describer.describe('a', 'x');
    await describer.describe('a', 'x');
    expect(asked).toEqual(['x']);
    await describer.describe('a', 'y');
    describer.joined('a');
    await describer.describe('a', 'y');
    expect(asked).toEqual(['x', 'y', 'y']);
  });

  it('answers of ours age, that a node is of the original does not', async () => {
    const { describer, asked, time } = place((address) => (address === 'g' ? { kind: 'go' } : ours('a')));
    for (let round = 0; round < 2; round++) {
      await describer.describe('a', 'x', 1000);
      await describer.describe('g', 'g', 0);
      await time.advance(1001);
    }
    expect(asked).toEqual(['x', 'g', 'x']);
  });

  it('silence is not remembered, and somebody else at the address is silence', async () => {
    const { describer, asked } = place(() => ours('other'));
    const why = 'other answers at its address';
    expect(await describer.describe('a', 'x')).toEqual({ kind: 'silent', why });
    await describer.describe('a', 'x');
    expect(asked).toHaveLength(2);
  });

  it('asks once for those who ask at the same time', async () => {
    const { describer, asked } = place(() => ours('a'));
    await Promise.all([describer.describe('a', 'x'), describer.describe('a', 'x')]);
    expect(asked).toEqual(['x']);
  });

  it('an answer that a join has overtaken is not remembered', async () => {
    const gate = Promise.withResolvers<DescribeOutcome>();
    const { describer, asked } = place(() => (asked.length === 1 ? gate.promise : { kind: 'go' }));
    const early = describer.describe('a', 'x');
    describer.joined('a');
    gate.resolve(ours('a'));
    expect(await early).toMatchObject({ kind: 'ours' });
    expect(await describer.describe('a', 'x')).toEqual({ kind: 'go' });
  });
});

describe('servers of the original', () => {
  const server = (name: string, more: Partial<NodeMember> = {}): NodeMember => ({
    name,
    status: 'alive',
    server: true,
    region: 'eu',
    datacenter: '',
    version: '',
    expect: 0,
    bootstrap: false,
    rpcAddress: name,
    ...more,
  });
  const { describer } = place((address) => (address.startsWith('go') ? { kind: 'go' } : ours(address)));

  it('are named, with what to do', async () => {
    const refused = refuseGoServers([server('a'), server('go1'), server('go2')], 'self', describer);
    await expect(refused).rejects.toMatchObject({ code: 'go_server', details: { servers: ['go1', 'go2'] } });
    await expect(refused).rejects.toThrow(/region eu: go1, go2.*another region/);
  });

  it('dead ones, and the own name, are none', async () => {
    const members = [server('a'), server('go1', { status: 'failed' }), server('go2')];
    await expect(refuseGoServers(members, 'go2', describer)).resolves.toBeUndefined();
  });
});
