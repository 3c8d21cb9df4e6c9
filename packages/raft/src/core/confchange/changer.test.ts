import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChangeResult,
  Changer,
  ConfChangeError,
  type ConfChangeKind,
  type ConfChangeStep,
  confStateOf,
  confStatesEqual,
  confStateWith,
  describeConfig,
  describeProgress,
  emptyConfig,
  parseConfChange,
  restore,
  viewProgress,
} from '../index.ts';

const EMPTY: ChangeResult = { config: emptyConfig(), progress: new Map() };

function changer(from: ChangeResult, lastIndex = 10): Changer {
  return new Changer({ ...from, lastIndex, maxInflight: 10, maxInflightBytes: 0 });
}

function text({ config, progress }: ChangeResult): string {
  const peers = [...progress].sort(([a], [b]) => (a < b ? -1 : 1));
  return [describeConfig(config), ...peers.map(([id, one]) => `${id}: ${describeProgress(viewProgress(one))}`)].join(
    '\n',
  );
}

const config = (result: ChangeResult): string => describeConfig(result.config);
/** Adds voters one by one, then does `steps`. */
const start = (voters: string): ChangeResult =>
  parseConfChange(voters).reduce((result, step) => changer(result).simple([step]), EMPTY);

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfChangeError) return error.code;
    throw error;
  }
  return 'none';
}

describe('simple changes', () => {
  it('a voter begins to be probed at the last index and counts as active', () => {
    expect(text(changer(EMPTY, 7).simple(parseConfChange('v1')))).toBe('voters=(1)\n1: StateProbe match=0 next=7');
    expect(text(changer(EMPTY, 0).simple(parseConfChange('v1')))).toBe('voters=(1)\n1: StateProbe match=0 next=1');
  });

  it('what is there already, or is not there, changes nothing', () => {
    const one = start('v1 v2');
    expect(config(changer(one).simple(parseConfChange('v1')))).toBe('voters=(1 2)');
    expect(config(changer(one).simple(parseConfChange('r9')))).toBe('voters=(1 2)');
    expect(config(changer(one).simple(parseConfChange('u1')))).toBe('voters=(1 2)');
    expect(config(changer(one).simple([{ kind: 'addVoter', id: '' }]))).toBe('voters=(1 2)');
  });

  it.each([
    // What 2 is before, and what each step makes of it, beside the voters 1 and 3.
    ['nobody', 'voters=(1 3)', ['voters=(1 2 3)', 'voters=(1 3) learners=(2)', 'voters=(1 3)', 'voters=(1 3)']],
    ['a voter', 'voters=(1 2 3)', ['voters=(1 2 3)', 'voters=(1 3) learners=(2)', 'voters=(1 3)', 'voters=(1 2 3)']],
    [
      'a learner',
      'voters=(1 3) learners=(2)',
      ['voters=(1 2 3)', 'voters=(1 3) learners=(2)', 'voters=(1 3)', 'voters=(1 3) learners=(2)'],
    ],
  ])('nextConfiguration: every step on %s', (what, before, after) => {
    const begin = { nobody: 'v1 v3', 'a voter': 'v1 v2 v3', 'a learner': 'v1 v3 l2' }[what]!;
    const present = start(begin);
    expect(config(present)).toBe(before);
    const steps = ['v2', 'l2', 'r2', 'u2'];
    expect(steps.map((step) => config(changer(present).simple(parseConfChange(step))))).toEqual(after);
    // A configuration is a value: nothing of it moved.
    expect(config(present)).toBe(before);
  });

  it('voters become learners and come back, with their progress', () => {
    const learner = changer(start('v1 v2')).simple(parseConfChange('l2'));
    expect(text(learner)).toContain('voters=(1) learners=(2)');
    expect(text(learner)).toContain('2: StateProbe match=0 next=10 learner');
    expect(config(changer(learner).simple(parseConfChange('v2')))).toBe('voters=(1 2)');
    expect(config(changer(learner).simple(parseConfChange('r2 l3 l4')))).toBe('voters=(1) learners=(3 4)');
  });

  it('refuses more than one voter, no voter at all, and joint configurations', () => {
    const one = start('v1 v2');
    expect(codeOf(() => changer(one).simple(parseConfChange('v3 v4')))).toBe('RAFT_CONF_MULTIPLE_VOTERS');
    expect(codeOf(() => changer(one).simple(parseConfChange('r1 v3')))).toBe('RAFT_CONF_MULTIPLE_VOTERS');
    expect(codeOf(() => changer(start('v1')).simple(parseConfChange('r1')))).toBe('RAFT_CONF_REMOVED_ALL_VOTERS');
    expect(codeOf(() => changer(EMPTY).simple(parseConfChange('l1')))).toBe('RAFT_CONF_REMOVED_ALL_VOTERS');
    const joint = changer(one).enterJoint(false, []);
    expect(codeOf(() => changer(joint).simple(parseConfChange('v3')))).toBe('RAFT_CONF_SIMPLE_IN_JOINT');
  });

  it('a refused change leaves no trace', () => {
    const one = start('v1 v2');
    const before = text(one);
    codeOf(() => changer(one).simple(parseConfChange('l2 v3 v4')));
    changer(one).simple(parseConfChange('l2'));
    expect(text(one)).toBe(before);
  });
});

describe('joint changes', () => {
  it('both halves are there until it is left', () => {
    const joint = changer(start('v1 v2 v3')).enterJoint(true, parseConfChange('r1 v4'));
    expect(config(joint)).toBe('voters=(2 3 4)&&(1 2 3) autoleave');
    expect(config(changer(joint).leaveJoint())).toBe('voters=(2 3 4)');
    expect([...changer(joint).leaveJoint().progress.keys()].sort()).toEqual(['2', '3', '4']);
  });

  it('a voter of the outgoing half becomes learner only when it is left', () => {
    const joint = changer(start('v1 v2')).enterJoint(false, parseConfChange('l2 l3'));
    expect(config(joint)).toBe('voters=(1)&&(1 2) learners=(3) learners_next=(2)');
    expect(joint.progress.get('2')!.isLearner).toBe(false);
    const left = changer(joint).leaveJoint();
    expect(config(left)).toBe('voters=(1) learners=(2 3)');
    expect(left.progress.get('2')!.isLearner).toBe(true);
  });

  it('refuses to enter twice, without voters, and to leave what is not joint', () => {
    const joint = changer(start('v1')).enterJoint(false, parseConfChange('v2'));
    expect(codeOf(() => changer(joint).enterJoint(false, []))).toBe('RAFT_CONF_ALREADY_JOINT');
    expect(codeOf(() => changer(EMPTY).enterJoint(false, parseConfChange('v1')))).toBe('RAFT_CONF_ZERO_VOTERS');
    expect(codeOf(() => changer(start('v1')).leaveJoint())).toBe('RAFT_CONF_NOT_JOINT');
    expect(codeOf(() => changer(start('v1')).enterJoint(false, parseConfChange('r1')))).toBe(
      'RAFT_CONF_REMOVED_ALL_VOTERS',
    );
  });

  it('a configuration that breaks an invariant is refused', () => {
    const broken: ChangeResult = { config: start('v1').config, progress: new Map() };
    expect(codeOf(() => changer(broken).simple([]))).toBe('RAFT_CONF_INVALID');
    const odd = { ...start('v1').config, autoLeave: true };
    expect(codeOf(() => changer({ ...start('v1'), config: odd }).simple([]))).toBe('RAFT_CONF_INVALID');
  });
});

const kinds = fc.constantFrom<ConfChangeKind>('addVoter', 'addLearner', 'removeNode', 'updateNode');
const steps = fc.array(fc.record<ConfChangeStep>({ kind: kinds, id: fc.constantFrom('1', '2', '3', '4', '5', '6') }), {
  maxLength: 9,
});

describe('properties', () => {
  it('a joint change leads where simple ones lead, 1,000 cases', () => {
    const property = fc.property(steps, steps, (setup, change) => {
      // Voter 9 stays, so that no sequence ends without one.
      const base = setup.reduce((result, step) => changer(result).simple([step]), start('v9'));
      const simple = change.reduce((result, step) => changer(result).simple([step]), base);
      for (const autoLeave of [false, true]) {
        const joint = changer(base).enterJoint(autoLeave, change);
        if (joint.config.autoLeave !== autoLeave) return false;
        if (joint.config.voters.outgoing.toString() !== base.config.voters.incoming.toString()) return false;
        if (config(changer(joint).leaveJoint()) !== config(simple)) return false;
      }
      return true;
    });
    expect(() => fc.assert(property, { numRuns: 1000 })).not.toThrow();
  });

  it('Restore: what a snapshot stores comes back the same, 1,000 cases', () => {
    const property = fc.property(steps, steps, fc.boolean(), fc.boolean(), (setup, change, joint, autoLeave) => {
      const base = setup.reduce((result, step) => changer(result).simple([step]), start('v9'));
      const result = joint ? changer(base).enterJoint(autoLeave, change) : base;
      const state = confStateOf(result.config);
      const restored = restore({ ...EMPTY, lastIndex: 20, maxInflight: 10, maxInflightBytes: 0 }, state);
      return confStatesEqual(confStateOf(restored.config), state) && config(restored) === config(result);
    });
    expect(() => fc.assert(property, { numRuns: 1000 })).not.toThrow();
  });

  it('Restore: nobody is a valid membership, learners alone are not', () => {
    const options = { ...EMPTY, lastIndex: 1, maxInflight: 1, maxInflightBytes: 0 };
    expect(config(restore(options, confStateWith([])))).toBe('voters=()');
    expect(codeOf(() => restore(options, confStateWith([], ['1'])))).toBe('RAFT_CONF_REMOVED_ALL_VOTERS');
  });
});
