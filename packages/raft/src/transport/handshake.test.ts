import { describe, expect, it } from 'vitest';
import { type Handshake, type HandshakeFacts, type HandshakeRefusal, judgeHandshake } from './handshake.ts';

const own: Handshake = {
  clusterId: 'c1',
  region: 'eu',
  from: 'a',
  to: 'b',
  birth: 'ba',
  toBirth: 'bb',
  boot: 'boot-a',
  wireMin: 2,
  wireMax: 3,
  featureMax: 1,
  software: 'test/1',
  lastTerm: 4,
  lastIndex: 40,
};
const peer: Handshake = { ...own, from: 'b', to: 'a', birth: 'bb', toBirth: 'ba', boot: 'boot-b' };
const raft: HandshakeFacts = { purpose: 'raft' };

describe('judgeHandshake', () => {
  it('accepts a known peer at the highest common wire version', () => {
    expect(judgeHandshake(own, { ...peer, wireMin: 1, wireMax: 2 }, raft)).toEqual({ accepted: true, wire: 2 });
  });

  it.each<[HandshakeRefusal, Partial<Handshake>, Partial<HandshakeFacts>, Partial<Handshake>, string]>([
    ['foreign_cluster', { clusterId: 'c2' }, {}, {}, 'move its raft folder aside'],
    ['foreign_region', { region: 'us' }, {}, {}, 'region us'],
    ['wrong_server', { to: 'x' }, {}, {}, 'looks for x'],
    ['wrong_server', { toBirth: 'other' }, {}, {}, 'birth other'],
    ['wrong_server', { toBirth: 'other' }, {}, { clusterId: '' }, 'dkron raft remove-peer --peer-id a'],
    ['no_cluster', { clusterId: '' }, {}, {}, 'belongs to no cluster yet'],
    ['no_cluster', { toBirth: '' }, {}, { clusterId: '' }, 'does not name its birth ba'],
    ['amnesia', { birth: 'new' }, { configuredBirth: 'bb' }, {}, 'dkron raft remove-peer --peer-id b'],
    ['second_boot', {}, { connectedBoot: 'boot-0' }, {}, 'second process'],
    ['second_boot', { from: 'a', birth: 'ba', toBirth: '' }, {}, {}, 'as this one does'],
    ['wire_version', { wireMin: 4, wireMax: 5 }, {}, {}, 'versions 4 to 5'],
    ['feature_level', { featureMax: 1 }, { featureLevel: 2 }, {}, 'features up to 1'],
    ['log_regressed', { lastIndex: 9 }, { acknowledgedIndex: 10, lastBoot: 'boot-0' }, {}, 'ends at 9'],
    ['unauthorized', {}, { authorized: 'role is client' }, {}, 'role is client'],
  ])('refuses %s %o', (code, changes, facts, ours, says) => {
    const verdict = judgeHandshake({ ...own, ...ours }, { ...peer, ...changes }, { ...raft, ...facts });
    expect(verdict).toMatchObject({ accepted: false, code });
    expect(verdict.accepted ? '' : verdict.message).toContain(says);
  });

  it('a fresh server follows whoever names its birth', () => {
    expect(judgeHandshake({ ...own, clusterId: '' }, peer, raft)).toMatchObject({ accepted: true });
  });

  it('formation needs no cluster', () => {
    const facts = { purpose: 'formation' } as const;
    expect(judgeHandshake({ ...own, clusterId: '' }, { ...peer, clusterId: '', toBirth: '' }, facts)).toMatchObject({
      accepted: true,
    });
  });

  it('a log cannot regress without a restart: late acknowledgements are no sign of it', () => {
    const facts = { ...raft, acknowledgedIndex: 50, lastBoot: 'boot-b', connectedBoot: 'boot-b' };
    expect(judgeHandshake(own, { ...peer, lastIndex: 40 }, facts)).toMatchObject({ accepted: true });
  });

  it('without a recorded birth anybody of that name is taken', () => {
    expect(judgeHandshake(own, { ...peer, birth: 'new' }, { ...raft, configuredBirth: '' })).toMatchObject({
      accepted: true,
    });
  });
});
