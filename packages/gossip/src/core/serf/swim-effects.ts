import type { SwimEffect } from '../swim/effects.ts';
import type { SerfEffect } from './effects.ts';
import { memberGone, memberJoined, memberUpdated } from './membership.ts';
import type { SerfParts } from './parts.ts';
import { mergeSerfState } from './state-exchange.ts';

/** What SWIM says: for one of our parts, or for whoever drives us. `ignoreOld`: of the exchange that is being merged. */
export function takeSwimEffect(parts: SerfParts, effect: SwimEffect, ignoreOld: boolean): void {
  const { context } = parts;
  switch (effect.type) {
    case 'pushPull':
      parts.joining.exchange(effect.to, effect.node, effect.join);
      break;
    case 'join':
      memberJoined(context, effect.node);
      break;
    case 'update':
      memberUpdated(context, effect.node);
      break;
    case 'failed':
    case 'left':
      memberGone(context, effect.node);
      break;
    case 'conflict':
      parts.conflicts.take(effect);
      break;
    case 'answered':
      parts.conflicts.answered(effect.seqNo);
      break;
    case 'user':
      parts.inbox.take(effect.body, effect.from);
      break;
    case 'userState':
      mergeSerfState(parts, effect.state, ignoreOld);
      break;
    case 'told':
      if (effect.what === 'leave') parts.departure.goodbyeTold();
      else parts.tagUpdates.told();
      break;
    case 'pinged':
      parts.coordinates.take(effect);
      context.emit(effect);
      break;
    default:
      context.emit(effect as SerfEffect);
  }
}
