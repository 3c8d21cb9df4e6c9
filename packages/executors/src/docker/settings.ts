import { parseDurationMs } from '../durations.ts';
import { AttemptError } from '../kit/limited-attempt.ts';
import { isSet } from '../kit/values.ts';
import { parseMemorySize } from '../shell/memory-size.ts';
import { splitWords } from '../shell/split-words.ts';
import type { ExecuteRequest } from '../types.ts';

export type PullPolicy = 'missing' | 'always' | 'never';

export interface DockerSettings {
  readonly image: string;
  readonly pull: PullPolicy;
  /** For the registry; undefined = nobody. */
  readonly registry: { readonly username: string; readonly password: string } | undefined;
  readonly payload: Buffer;
  /** What the engine is asked to create. */
  readonly container: object;
}

type Config = ExecuteRequest['config'];

const NANOS_PER_CPU = 1e9;
const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** 0 = none. @throws AttemptError */
export function readTimeoutMs(config: Config): number {
  const text = config['timeout'] ?? '';
  if (text === '') return 0;
  const timeoutMs = parseDurationMs(text);
  if (timeoutMs === undefined || timeoutMs <= 0) throw wrong('timeout', 'must be a positive duration such as 10m');
  return timeoutMs;
}

/** @throws AttemptError that names the key */
export function readSettings(request: ExecuteRequest): DockerSettings {
  const { config } = request;
  const image = config['image'] ?? '';
  if (image === '') throw new AttemptError('docker: image is empty');
  if (/[\s?#]/.test(image)) throw wrong('image', 'no name of an image');
  const payload = config['payload'] ?? '';
  if (!BASE64.test(payload)) throw wrong('payload', 'not base64');
  return {
    image,
    pull: readPull(config['pull'] ?? ''),
    registry: config['registryUser']
      ? { username: config['registryUser'], password: config['registryPassword'] ?? '' }
      : undefined,
    payload: Buffer.from(payload, 'base64'),
    container: containerOf(request),
  };
}

function containerOf({ config, jobName, executionId, attempt }: ExecuteRequest): object {
  const command = readWords(config, 'command');
  const entrypoint = readWords(config, 'entrypoint');
  const environment = [
    `ENV_JOB_NAME=${jobName}`,
    `DKRON_EXECUTION_ID=${executionId}`,
    `DKRON_ATTEMPT=${attempt}`,
    ...readEnvironment(config['env'] ?? ''),
  ];
  return {
    Image: config['image'],
    ...(command && { Cmd: command }),
    ...(entrypoint && { Entrypoint: entrypoint }),
    Env: environment,
    ...(config['cwd'] && { WorkingDir: config['cwd'] }),
    ...(config['user'] && { User: config['user'] }),
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
    Tty: false,
    Labels: { 'dkron.job': jobName, 'dkron.execution': executionId, 'dkron.attempt': String(attempt) },
    HostConfig: hostConfigOf(config),
  };
}

function hostConfigOf(config: Config): object {
  const memory = readMemory(config['memory'] ?? '');
  const pids = readWhole(config, 'pids');
  return {
    ReadonlyRootfs: isSet(config['readOnly']),
    // Nothing is kept by the engine: what is printed is the run's output.
    LogConfig: { Type: 'none' },
    // It would start again what the leader counts as ended.
    RestartPolicy: { Name: 'no' },
    ...(memory > 0 && { Memory: memory, MemorySwap: memory }),
    ...(config['cpus'] && { NanoCpus: readNanoCpus(config['cpus']) }),
    ...(pids > 0 && { PidsLimit: pids }),
    ...(config['network'] && { NetworkMode: config['network'] }),
    ...(config['volumes'] && { Binds: config['volumes'].split(',').flatMap((part) => part.trim() || []) }),
  };
}

function readPull(text: string): PullPolicy {
  if (text === '' || text === 'missing') return 'missing';
  if (text === 'always' || text === 'never') return text;
  throw wrong('pull', 'must be missing, always or never');
}

/** Undefined = as the image has it. */
function readWords(config: Config, key: string): readonly string[] | undefined {
  const text = (config[key] ?? '').trim();
  if (text === '') return undefined;
  if (text.startsWith('[')) {
    const list = parsed(text);
    if (Array.isArray(list) && list.every((word) => typeof word === 'string')) return list;
    throw wrong(key, 'not a JSON list of texts');
  }
  try {
    const { words, endedBy } = splitWords(text);
    if (endedBy === undefined) return words;
    throw wrong(key, `"${endedBy}" needs a shell: write ["/bin/sh", "-c", "…"], or quote it`);
  } catch (error) {
    throw error instanceof AttemptError ? error : wrong(key, (error as Error).message);
  }
}

function readEnvironment(text: string): string[] {
  if (text.trim() === '') return [];
  if (!text.trim().startsWith('{')) return text.split(',').filter((pair) => pair.trim() !== '');
  const map = parsed(text);
  const entries = typeof map === 'object' && map !== null ? Object.entries(map) : undefined;
  if (entries?.every(([, value]) => typeof value === 'string')) return entries.map(([key, value]) => `${key}=${value}`);
  throw wrong('env', 'neither K=V,K2=V2 nor a JSON object of texts');
}

function readMemory(text: string): number {
  if (text === '') return 0;
  try {
    return parseMemorySize(text);
  } catch (error) {
    throw wrong('memory', (error as Error).message);
  }
}

function readNanoCpus(text: string): number {
  const cpus = /^[0-9]{1,5}(\.[0-9]{1,6})?$/.test(text) ? Number(text) : 0;
  if (cpus <= 0) throw wrong('cpus', 'must be a positive number such as 1.5');
  return Math.round(cpus * NANOS_PER_CPU);
}

function readWhole(config: Config, key: string): number {
  const text = config[key] ?? '';
  if (!/^[0-9]{0,9}$/.test(text)) throw wrong(key, 'must be a whole number');
  return Number(text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wrong(key: string, why: string): AttemptError {
  return new AttemptError(`docker: ${key}: ${why}`);
}
