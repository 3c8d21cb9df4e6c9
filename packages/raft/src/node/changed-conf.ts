import { Changer } from '../core/confchange/changer.ts';
import { type ConfChange, entersJoint, leavesJoint } from '../core/confchange/conf-change.ts';
import { restore } from '../core/confchange/restore.ts';
import { compareCodeUnits } from '../core/ids.ts';
import { confStateOf, emptyConfig } from '../core/tracker/config.ts';
import type { ConfState } from '../core/types.ts';

/** The membership after a change. @throws ConfChangeError when it cannot be made */
export function changedConf(conf: ConfState, change: ConfChange): ConfState {
  const limits = { lastIndex: 0, maxInflight: 1, maxInflightBytes: 0 };
  const empty = { ...limits, config: emptyConfig(compareCodeUnits), progress: new Map() };
  const changer = new Changer({ ...limits, ...restore(empty, conf) });
  if (leavesJoint(change)) return confStateOf(changer.leaveJoint().config);
  const joint = entersJoint(change);
  const result = joint === undefined ? changer.simple(change.steps) : changer.enterJoint(joint.autoLeave, change.steps);
  return confStateOf(result.config);
}
