import { DkronError, messageOf } from '@dkron/runtime';

/** Why a plugin could not be used. */
export type PluginErrorCode =
  /** It did not come up: no handshake, the wrong one, an early end, no answer. */
  | 'PLUGIN_START'
  /** It is not running now. */
  | 'PLUGIN_UNAVAILABLE'
  /** Its process ended, or its connection broke, in the middle of a call. */
  | 'PLUGIN_CRASHED'
  /** It refused a call, or answered what is no answer. */
  | 'PLUGIN_CALL'
  /** It used more than it may. */
  | 'PLUGIN_LIMIT'
  /** This process was not started as a plugin. */
  | 'PLUGIN_NOT_HOSTED';

/** A plugin that did not do what it should; the message names it and the cause. */
export class PluginError extends DkronError<PluginErrorCode> {
  constructor(code: PluginErrorCode, message: string, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(code, message, details, options);
  }
}

/** Text of whatever was thrown, on one line. */
export function causeText(error: unknown): string {
  const text = messageOf(error);
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ').slice(0, 1000);
}
