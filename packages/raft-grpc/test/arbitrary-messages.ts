import { createMessage, PEER_MESSAGE_TYPES } from '@dkron/raft/core';
import type { Entry, EntryType, Message, SnapshotMeta } from '@dkron/raft/core';
import fc from 'fast-check';
import { isBulk } from '../src/codec/kinds.ts';

const whole = fc.oneof(fc.constant(0), fc.nat(1000), fc.maxSafeNat());
const id = fc.oneof(
  fc.constant(''),
  fc.constant('a'),
  fc.constant('b'),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
const bytes = fc.uint8Array({ maxLength: 40 });
const entryType = fc.constantFrom<EntryType>(0, 1, 2);
const ids = fc.array(id, { maxLength: 4 });

const looseEntries: fc.Arbitrary<Entry[]> = fc.array(
  fc.record({ term: whole, index: whole, type: entryType, data: bytes }),
  { maxLength: 5 },
);

const logEntries: fc.Arbitrary<Entry[]> = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 40 }), fc.array(fc.tuple(fc.nat(2), entryType, bytes), { maxLength: 8 }))
  .map(([first, parts]) => {
    let term = 1;
    return parts.map(([step, type, data], i) => ({ term: (term += step), index: first + i, type, data }));
  });

const snapshot: fc.Arbitrary<SnapshotMeta> = fc.record({
  index: whole,
  term: whole,
  confState: fc.record({
    voters: ids,
    learners: ids,
    votersOutgoing: ids,
    learnersNext: ids,
    autoLeave: fc.boolean(),
  }),
});

/** Any message that may travel. */
export const anyMessage: fc.Arbitrary<Message> = fc
  .record({
    type: fc.constantFrom(...PEER_MESSAGE_TYPES),
    from: id,
    to: id,
    term: whole,
    logTerm: whole,
    index: whole,
    commit: whole,
    vote: id,
    reject: fc.boolean(),
    rejectHint: whole,
    context: bytes,
    entries: fc.oneof(looseEntries, logEntries),
    snapshot: fc.option(snapshot, { nil: undefined }),
  })
  .map((fields) => createMessage(fields));

/** Messages of one kind, as a frame holds them. */
export const anyFrameMessages: fc.Arbitrary<Message[]> = fc
  .array(anyMessage, { minLength: 1, maxLength: 6 })
  .map((messages) => messages.filter(({ type }) => isBulk(type) === isBulk(messages[0]!.type)));
