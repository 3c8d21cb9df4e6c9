import { rpcCodeName } from '@dkron/runtime';
import type { FileRegistry } from '@bufbuild/protobuf';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import type { Client, Metadata } from '@grpc/grpc-js';
import { AttemptError } from '../kit/limited-attempt.ts';
import { type BytesCall, openCall, statusOf } from './call.ts';
import { protobuf, wellKnown, wire } from './packages.ts';

/** The newer one first; they differ in their name only. */
const VERSIONS = ['v1', 'v1alpha'] as const;
const UNIMPLEMENTED = 12;
const FILES_MAX = 2_000;

/** Fields of the messages of `ServerReflection`. */
const REQUEST = { fileByFilename: 3, fileContainingSymbol: 4 } as const;
const RESPONSE = { files: 4, error: 7 } as const;

type Asked = keyof typeof REQUEST;

/**
 * The files that describe a service, asked from the server itself.
 *
 * @throws AttemptError `Failed querying reflection server: …`
 */
export async function reflect(
  client: Client,
  service: string,
  metadata: () => Metadata,
  signal: AbortSignal,
): Promise<FileRegistry> {
  let unimplemented = '';
  for (const version of VERSIONS) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const session = new Session(openCall(client, path, metadata(), signal));
    try {
      return await filesOf(session, service);
    } catch (error) {
      const { code, message } = error as Error & { readonly code?: unknown };
      if (code !== UNIMPLEMENTED) throw new AttemptError(`Failed querying reflection server: ${message}`);
      unimplemented = message;
    } finally {
      session.close();
    }
  }
  throw new AttemptError(`Failed querying reflection server: ${unimplemented}`);
}

async function filesOf(session: Session, service: string): Promise<FileRegistry> {
  const { fromBinary, createFileRegistry } = await protobuf();
  const { FileDescriptorProtoSchema } = await wellKnown();
  const files = new Map<string, FileDescriptorProto>();
  const add = (all: readonly Uint8Array[]): FileDescriptorProto[] => {
    const read = all.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    for (const file of read) if (!files.has(file.name)) files.set(file.name, file);
    return read;
  };
  const [first] = add(await session.ask('fileContainingSymbol', service));
  if (first === undefined) throw new Error(`no file describes ${service}`);
  const missing = (): string | undefined =>
    [...files.values()].flatMap(({ dependency }) => dependency).find((name) => !files.has(name));
  for (let name = missing(); name !== undefined; name = missing()) {
    if (files.size >= FILES_MAX) throw new Error(`${service} needs more than ${FILES_MAX} files`);
    add(await session.ask('fileByFilename', name));
    if (!files.has(name)) throw new Error(`the server does not give ${name}`);
  }
  const declares = (file: FileDescriptorProto): boolean =>
    file.service.some(({ name }) => (file.package === '' ? name : `${file.package}.${name}`) === service);
  const file = [...files.values()].find(declares);
  if (file === undefined) throw new Error(`no file describes the service ${service}`);
  return createFileRegistry(file, (name) => files.get(name));
}

/** One question at a time. */
class Session {
  readonly #call: BytesCall;
  readonly #ended: Promise<never>;

  constructor(call: BytesCall) {
    this.#call = call;
    this.#ended = statusOf(call).then(({ code, details }) => {
      throw Object.assign(new Error(`rpc error: code = ${rpcCodeName(code)} desc = ${details}`), { code });
    });
    this.#ended.catch(() => {});
  }

  async ask(what: Asked, value: string): Promise<Uint8Array[]> {
    const { BinaryWriter } = await wire();
    const answer = new Promise<Buffer>((resolve) => this.#call.once('data', resolve));
    this.#call.write(new BinaryWriter().tag(REQUEST[what], 2).string(value).finish());
    return readAnswer(await Promise.race([answer, this.#ended]), value);
  }

  close(): void {
    this.#call.cancel();
  }
}

/** @param asked named in the error: what servers say of it varies */
async function readAnswer(bytes: Buffer, asked: string): Promise<Uint8Array[]> {
  const { BinaryReader } = await wire();
  const files: Uint8Array[] = [];
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number !== RESPONSE.files && number !== RESPONSE.error) {
      reader.skip(type, number);
      continue;
    }
    const inner = new BinaryReader(reader.bytes());
    while (inner.pos < inner.len) {
      const [field, innerType] = inner.tag();
      if (number === RESPONSE.files && field === 1) files.push(inner.bytes());
      else if (number === RESPONSE.error && field === 2) throw new Error(`${asked}: ${inner.string()}`);
      else inner.skip(innerType, field);
    }
  }
  return files;
}
