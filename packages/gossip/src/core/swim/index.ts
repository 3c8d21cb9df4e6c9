/** SWIM with Lifeguard: who is there, who fell silent. A pure state machine, see {@link Swim}. */
export { Swim } from './swim.ts';
export type { SwimIdentity, SwimModules } from './context.ts';
export type {
  ConflictEvent,
  Encoded,
  MemberEvent,
  NodeView,
  NoticeEvent,
  PingedEvent,
  SendPacket,
  StalledEvent,
  StartPushPull,
  StreamPing,
  SwimDelegate,
  SwimEffect,
  SwimEvent,
  ToldEvent,
  UserMessageEvent,
  UserStateEvent,
} from './effects.ts';
export type { SwimProfile, SwimTuning } from './options.ts';
export { resolveTuning, SWIM_PROFILES } from './options.ts';
export type { Broadcast } from './transmit-queue.ts';
export { TransmitQueue } from './transmit-queue.ts';
export { retransmitLimit } from './scale.ts';
