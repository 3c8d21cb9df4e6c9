import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConfChange,
  type ConfChangeKind,
  ConfChangeError,
  type ConfChangeTransition,
  decodeConfChange,
  describeConfChange,
  encodeConfChange,
  entersJoint,
  EntryType,
  entryTypeOf,
  LEAVE_JOINT,
  leavesJoint,
  memberChange,
  parseConfChange,
  simpleChange,
} from '../index.ts';

const kind = fc.constantFrom<ConfChangeKind>('addVoter', 'removeNode', 'updateNode', 'addLearner');
const step = fc.record({ kind, id: fc.string({ unit: 'grapheme', maxLength: 12 }) });
const context = fc.uint8Array({ maxLength: 20 });
const transition = fc.constantFrom<ConfChangeTransition>('auto', 'implicit', 'explicit');
const change = fc.oneof(
  fc.record<ConfChange>({ version: fc.constant(2), transition, steps: fc.array(step, { maxLength: 6 }), context }),
  fc
    .record({ step, context, transition })
    .map((one): ConfChange => ({ version: 1, transition: one.transition, steps: [one.step], context: one.context })),
);

describe('membership changes as bytes', () => {
  it('any change comes back the same', () => {
    const property = fc.property(change, (one) => {
      const entry = { type: entryTypeOf(one), data: encodeConfChange(one) };
      expect(decodeConfChange(entry)).toEqual(one);
    });
    expect(() => fc.assert(property, { numRuns: 500 })).not.toThrow();
  });

  it('any bytes are a change or refused with a code', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(1, 2), (data, type) => {
      if (data.length > 0) data[0] = 1;
      try {
        decodeConfChange({ type: type as EntryType, data });
        return true;
      } catch (error) {
        return error instanceof ConfChangeError && error.code === 'RAFT_CONF_MALFORMED';
      }
    });
    expect(() => fc.assert(property, { numRuns: 2000 })).not.toThrow();
  });

  it('the bytes are fixed', () => {
    const one = memberChange([{ kind: 'addLearner', id: 'ab' }], 'explicit', new Uint8Array([9]));
    expect([...encodeConfChange(one)]).toEqual([1, 2, 1, 0, 3, 2, 0, 97, 98, 9]);
    expect([...encodeConfChange(simpleChange('addVoter', 'a'))]).toEqual([1, 0, 1, 0, 0, 1, 0, 97]);
  });

  it('no data at all means to leave the joint configuration', () => {
    const empty = new Uint8Array(0);
    expect(encodeConfChange(LEAVE_JOINT)).toEqual(empty);
    expect(leavesJoint(decodeConfChange({ type: EntryType.confChangeV2, data: empty }))).toBe(true);
    expect(() => decodeConfChange({ type: EntryType.confChange, data: empty })).toThrow('0 bytes');
    expect(() => decodeConfChange({ type: EntryType.normal, data: empty })).toThrow('not a membership change');
  });

  it('a change that does not fit is a misuse', () => {
    expect(() => encodeConfChange({ ...LEAVE_JOINT, version: 1 })).toThrow(TypeError);
    expect(() => encodeConfChange(simpleChange('addVoter', 'x'.repeat(70_000)))).toThrow(TypeError);
  });
});

describe('membership changes', () => {
  it('joint or simple: by the number of steps, unless said', () => {
    const two = parseConfChange('v1 v2');
    const one = parseConfChange('v1');
    expect(entersJoint(memberChange(one))).toBeUndefined();
    expect(entersJoint(memberChange(two))).toEqual({ autoLeave: true });
    expect(entersJoint(memberChange(one, 'implicit'))).toEqual({ autoLeave: true });
    expect(entersJoint(memberChange(one, 'explicit'))).toEqual({ autoLeave: false });
    expect(entersJoint(simpleChange('addVoter', '1'))).toBeUndefined();
    expect([leavesJoint(LEAVE_JOINT), leavesJoint(memberChange([], 'explicit'))]).toEqual([true, false]);
  });

  it('text: a letter and an id for each step, both ways', () => {
    expect(describeConfChange(parseConfChange(' v1 l2  r3 u4 '))).toBe('v1 l2 r3 u4');
    expect(() => parseConfChange('x1')).toThrow('v, l, r, u');
  });
});
