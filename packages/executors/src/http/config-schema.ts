import { z } from 'zod';
import type { ConfigSchema } from '../kit/config-schema.ts';
import * as field from '../kit/fields.ts';

/** The keys of the `http` executor. */
export const configSchema: ConfigSchema = z.strictObject({
  url: field.filled('address of the request'),
  method: field.filled('method of the request, sent as given'),
  body: field.text('body of the request').optional(),
  headers: field.json('JSON list of texts "Name: value"', z.array(z.string())).optional(),
  timeout: field.whole('seconds for the whole request, 30 by default, 0 = no limit').optional(),
  expectCode: field.text('list of status codes that are a success, such as 200,204; empty = all').optional(),
  expectBody: field.text('regular expression (RE2) that the body must hold').optional(),
  debug: field.text('anything but nothing = the configuration at the start of the output').optional(),
  tlsNoVerifyPeer: field.flag('true = the certificate of the server is not checked').optional(),
  tlsCertificateFile: field.text('path of the client certificate (PEM) on the node that runs the job').optional(),
  tlsCertificateKeyFile: field.text('path of the key of the client certificate (PEM)').optional(),
  tlsRootCAsFile: field.text('path of the certificates to trust (PEM) instead of those of the system').optional(),
});
