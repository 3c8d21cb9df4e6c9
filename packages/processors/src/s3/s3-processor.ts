import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { badConfig, forwardKey, isTrue, isWanted, onKey, optionalText, requiredText, secretText } from '../config.ts';
import { optionalPeer } from '../optional-peer.ts';
import type { SinkModules } from '../sink.ts';
import { SinkFailure, sinkProcessor } from '../sink.ts';
import type { Processor, ProcessorInput } from '../types.ts';

/** Keys of `s3`. */
export const configSchema = z.strictObject({
  ...forwardKey,
  ...onKey,
  bucket: requiredText('bucket, which must exist'),
  prefix: optionalText('how the names of the objects begin; <job>/<execution id>.log follows'),
  region: optionalText("region; the node's AWS_REGION, else us-east-1 when absent"),
  endpoint: optionalText('address of a server other than that of AWS; then the keys of access must be given, too'),
  virtual_host: optionalText('true = the bucket is part of the host name of the endpoint, else of the path'),
  access_key_id: optionalText('identity; what the node finds in its environment when absent, as the AWS SDK does'),
  secret_access_key: secretText('secret of that identity'),
  session_token: secretText('token of a passing identity'),
});

type Settings = z.output<typeof configSchema>;

const CLIENTS_MAX = 8;
const TOO_MANY = 429;

/** Stores each output as an object of a bucket, under a name that is the same whenever it is stored again. */
export function s3Processor(modules: SinkModules = {}): Processor {
  const sdk = optionalPeer('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'));
  /** Kept for what they learn about identities; the last used at the end. */
  const clients = new Map<string, S3Client>();

  async function clientOf(settings: S3ClientConfig): Promise<S3Client> {
    const key = JSON.stringify(settings);
    const { S3Client: Client } = await sdk();
    const client = clients.get(key) ?? new Client({ ...settings, maxAttempts: 1 });
    clients.delete(key);
    clients.set(key, client);
    for (const [oldest, { destroy }] of [...clients].slice(0, -CLIENTS_MAX)) {
      clients.delete(oldest);
      destroy.call(client);
    }
    return client;
  }

  const processor = sinkProcessor(
    {
      name: 's3',
      configSchema,
      replacement: (input, config) => `s3://${config.bucket}/${keyOf(input, config)}`,
      wants: isWanted,
      send: async (input, config, { signal }) => {
        const client = await clientOf(settingsOf(config));
        const { PutObjectCommand } = await sdk();
        const object = { Bucket: config.bucket, Key: keyOf(input, config), Body: input.output };
        const command = new PutObjectCommand({ ...object, ContentType: 'text/plain', Metadata: metadataOf(input) });
        try {
          await client.send(command, { abortSignal: signal });
        } catch (error) {
          throw new SinkFailure(`bucket ${config.bucket}`, { cause: described(error), passing: mayPass(error) });
        }
      },
    },
    modules,
  );
  return {
    ...processor,
    close: async () => {
      for (const client of clients.values()) client.destroy();
      clients.clear();
    },
  };
}

function keyOf(input: ProcessorInput, config: Settings): string {
  return `${config.prefix ?? ''}${input.jobName}/${input.executionId}.log`;
}

function settingsOf(config: Settings): S3ClientConfig {
  const {
    endpoint,
    access_key_id: accessKeyId,
    secret_access_key: secretAccessKey,
    session_token: sessionToken,
  } = config;
  const region = config.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  const common = {
    region,
    // Servers other than that of AWS do not know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED' as const,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: !isTrue(config.virtual_host) }),
  };
  if (endpoint !== undefined && URL.parse(endpoint) === null)
    throw badConfig('endpoint', 'must be an address of http or https');
  if (accessKeyId === undefined && secretAccessKey === undefined) {
    // An address of the job must not be given what the node knows.
    if (endpoint !== undefined) throw badConfig('access_key_id', 'is missing, as an endpoint is given');
    return common;
  }
  if (accessKeyId === undefined) throw badConfig('access_key_id', 'is missing, as secret_access_key is given');
  if (secretAccessKey === undefined) throw badConfig('secret_access_key', 'is missing, as access_key_id is given');
  return { ...common, credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } };
}

/** Headers are ASCII. */
function metadataOf(input: ProcessorInput): Record<string, string> {
  const facts = { job: input.jobName, node: input.nodeName, success: String(input.success) };
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, encodeURIComponent(value)]));
}

/** Some answers have a name and no text. */
function described(error: unknown): unknown {
  if (!(error instanceof Error) || error.message.includes(error.name)) return error;
  return new Error(`${error.name}: ${error.message}`, { cause: error.cause });
}

function mayPass(error: unknown): boolean {
  const { $metadata, name } = error as { $metadata?: { httpStatusCode?: number }; name?: string };
  const status = $metadata?.httpStatusCode;
  return status === undefined ? name !== 'CredentialsProviderError' : status >= 500 || status === TOO_MANY;
}
