import { idempotencyKeyOf } from '@dkron/jobs';
import type { ContentModules } from './content.ts';
import { contentOf, renderPayload } from './content.ts';
import { callHttp, type HttpPool } from './http-call.ts';
import type { Deliver } from './ports.ts';
import type { WebhookSettings } from './settings.ts';

/** Sends a rendered payload by POST. */
export function webhookDelivery(
  { endpoint, payload, headers }: WebhookSettings,
  modules: ContentModules & { readonly pool: HttpPool },
): Deliver {
  return async (notice, signal) => {
    const body = renderPayload(payload, contentOf(notice, modules).data);
    const sent = headersOf(headers);
    if (!sent.has('idempotency-key')) sent.set('idempotency-key', headerText(idempotencyKeyOf(notice)));
    await callHttp(modules.pool, { method: 'POST', url: endpoint, headers: sent, body }, signal);
  };
}

/** `Name: value`, split at the first colon (G-N4); what is no header is left out, as the check of the settings said. */
export function headersOf(lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const at = line.indexOf(':');
    const name = line.slice(0, Math.max(0, at)).trim();
    try {
      if (name !== '') headers.append(name, line.slice(at + 1).trim());
    } catch {
      // Not possible in HTTP.
    }
  }
  return headers;
}

/** Node names may hold what headers may not. */
function headerText(text: string): string {
  return encodeURI(text);
}
