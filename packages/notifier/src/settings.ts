import type { NoticeChannel } from '@dkron/jobs';

/** A receiver over HTTP; without endpoint or payload there is none. */
export interface WebhookSettings {
  readonly endpoint: string;
  /** Template of the body. */
  readonly payload: string;
  /** `Name: value`, split at the first colon. */
  readonly headers: readonly string[];
}

/** Who is told, as it is configured. */
export interface NotifierSettings {
  readonly mail: {
    readonly host: string;
    /** 0 = no mail. */
    readonly port: number;
    readonly username: string;
    readonly password: string;
    readonly from: string;
    /** Template of the text; `''` = the output. */
    readonly payload: string;
    readonly subjectPrefix: string;
  };
  readonly preWebhook: WebhookSettings;
  readonly webhook: WebhookSettings;
  /** `''` = none. */
  readonly cronitorEndpoint: string;
}

/** Nobody is told. */
export const NO_NOTIFICATIONS: NotifierSettings = {
  mail: { host: '', port: 0, username: '', password: '', from: '', payload: '', subjectPrefix: '[Dkron]' },
  preWebhook: { endpoint: '', payload: '', headers: [] },
  webhook: { endpoint: '', payload: '', headers: [] },
  cronitorEndpoint: '',
};

/** The receivers there are. */
export function channelsIn({ mail, preWebhook, webhook, cronitorEndpoint }: NotifierSettings): NoticeChannel[] {
  const given: readonly (readonly [NoticeChannel, boolean])[] = [
    ['cronitor', cronitorEndpoint !== ''],
    ['mail', mail.host !== '' && mail.port !== 0],
    ['webhook', webhook.endpoint !== '' && webhook.payload !== ''],
    ['pre-webhook', preWebhook.endpoint !== '' && preWebhook.payload !== ''],
  ];
  return given.flatMap(([channel, there]) => (there ? channel : []));
}
