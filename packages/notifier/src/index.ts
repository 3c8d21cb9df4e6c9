/**
 * Tells people and programs of runs: mail, webhooks and Cronitor, from notices in the replicated state, at least once,
 * each with a key that is the same for every try, and with a queue per receiver.
 */
export { Notifier } from './notifier.ts';
export type { NotifierModules, NotifierOptions } from './notifier.ts';
export { channelsIn, NO_NOTIFICATIONS } from './settings.ts';
export type { NotifierSettings, WebhookSettings } from './settings.ts';
export { DeliveryError } from './errors.ts';
export type { Deliver, NoticeLog, NoticeView, Stamps } from './ports.ts';
