import type { Description, FoundingRecord, NodeState, PledgeAnswer, PledgeRequest } from '@dkron/cluster';
import { implicit, list, required } from '../wire/field.ts';
import { choice, flag, text, whole } from '../wire/kind.ts';
import { message, sub, type Message } from '../wire/message.ts';

const leader: Message<Description['leader']> = message('Leader', {
  name: implicit(1, text, ''),
  address: implicit(2, text, ''),
});

export const description: Message<Description> = message('DescribeResponse', {
  name: implicit(1, text, ''),
  region: implicit(2, text, ''),
  birth: implicit(3, text, ''),
  boot: implicit(4, text, ''),
  state: required(5, choice<NodeState>('node state', ['agent', 'fresh', 'pledged', 'member'])),
  expect: implicit(6, whole, 0),
  clusterId: implicit(7, text, ''),
  members: list(8, text),
  leader: required(9, sub(leader)),
  software: implicit(10, text, ''),
  featureMax: implicit(11, whole, 0),
  wallMs: implicit(12, whole, 0),
});

const foundingMember: Message<FoundingRecord['members'][number]> = message('FoundingMember', {
  id: implicit(1, text, ''),
  birth: implicit(2, text, ''),
});

const foundingRecord: Message<FoundingRecord> = message('FoundingRecord', {
  region: implicit(1, text, ''),
  attempt: implicit(2, whole, 0),
  members: list(3, sub(foundingMember)),
});

export const pledgeRequest: Message<PledgeRequest> = message('PledgeRequest', {
  from: implicit(1, text, ''),
  record: required(2, sub(foundingRecord)),
});

export const pledgeAnswer: Message<PledgeAnswer> = message('PledgeResponse', {
  accepted: implicit(1, flag, false),
  reason: implicit(2, text, ''),
});
