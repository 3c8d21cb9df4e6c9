import {
  create,
  createFileRegistry,
  fromBinary,
  toBinary,
  toJson,
  fromJson,
  type JsonObject,
} from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { type ServerDuplexStream, Server, ServerCredentials } from '@grpc/grpc-js';

const STRING = 9;
const MESSAGE = 11;
const common = create(FileDescriptorProtoSchema, {
  name: 'common.proto',
  package: 'demo',
  syntax: 'proto3',
  messageType: [
    { name: 'Text', field: [{ name: 'text', number: 1, type: STRING, label: 1, jsonName: 'text' }] },
    { name: 'Empty' },
  ],
});
const service = create(FileDescriptorProtoSchema, {
  name: 'demo.proto',
  package: 'demo',
  syntax: 'proto3',
  dependency: ['common.proto'],
  messageType: [
    {
      name: 'Reply',
      field: [{ name: 'inner', number: 1, type: MESSAGE, typeName: '.demo.Text', label: 1, jsonName: 'inner' }],
    },
  ],
  service: [
    {
      name: 'Demo',
      method: [
        { name: 'Echo', inputType: '.demo.Text', outputType: '.demo.Reply' },
        { name: 'Fail', inputType: '.demo.Text', outputType: '.demo.Reply' },
        { name: 'Silent', inputType: '.demo.Text', outputType: '.demo.Reply', serverStreaming: true },
        {
          name: 'Each',
          inputType: '.demo.Text',
          outputType: '.demo.Reply',
          clientStreaming: true,
          serverStreaming: true,
        },
        { name: 'Flood', inputType: '.demo.Text', outputType: '.demo.Reply', serverStreaming: true },
      ],
    },
  ],
});
const files: Record<string, FileDescriptorProto> = { 'common.proto': common, 'demo.proto': service };
const registry = createFileRegistry(service, (name) => files[name]);
const input = registry.getMessage('demo.Text')!;
const output = registry.getMessage('demo.Reply')!;

type Call = ServerDuplexStream<JsonObject, JsonObject>;
const stream = (path: string): { [key: string]: unknown } => ({
  path,
  requestStream: true,
  responseStream: true,
  requestSerialize: Buffer.from,
  responseDeserialize: Buffer.from,
});
const method = (name: string): unknown => ({
  ...stream(`/demo.Demo/${name}`),
  requestDeserialize: (bytes: Buffer) => toJson(input, fromBinary(input, bytes)),
  responseSerialize: (reply: JsonObject) => Buffer.from(toBinary(output, fromJson(output, reply))),
});
const replyTo = (request: JsonObject): JsonObject => ({ inner: request });

/** A server that describes itself, with a service `demo.Demo`; every message of a call is dealt with as it comes. */
export class ReflectiveServer {
  readonly #server = new Server();
  port = 0;
  reflections = 0;
  headers: Record<string, unknown> = {};
  #onSilent: () => void = () => {};

  constructor(version: 'v1' | 'v1alpha') {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const raw = { requestDeserialize: (b: Buffer) => b, responseSerialize: (b: Uint8Array) => Buffer.from(b) };
    this.#server.addService({ info: { ...stream(path), ...raw } } as never, {
      info: (call: ServerDuplexStream<Buffer, Uint8Array>) => this.#reflect(call),
    });
    const each = (act: (call: Call, request: JsonObject) => void) => (call: Call) => {
      this.headers = call.metadata.getMap();
      call.on('data', (request: JsonObject) => act(call, request));
      call.on('end', () => call.end());
    };
    const names = ['Echo', 'Fail', 'Silent', 'Each', 'Flood'];
    this.#server.addService(Object.fromEntries(names.map((name) => [name, method(name)])) as never, {
      Echo: each((call, request) => void call.write(replyTo(request))),
      Each: each((call, request) => void call.write(replyTo(request))),
      Fail: each((call) => call.emit('error', { code: 5, details: 'nothing here' })),
      Silent: (call: Call) => {
        call.on('data', () => {});
        this.#onSilent();
      },
      Flood: each((call, { text }) => {
        const [bytes, end] = JSON.parse(text as string) as [number, string];
        for (let left = bytes; left > 0; left -= 100_000) call.write(replyTo({ text: 'x'.repeat(100_000) }));
        call.write(replyTo({ text: end }));
      }),
    });
  }

  silent(): Promise<void> {
    return new Promise((resolve) => (this.#onSilent = resolve));
  }

  async start(credentials = ServerCredentials.createInsecure()): Promise<void> {
    this.port = await new Promise((resolve, reject) =>
      this.#server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port))),
    );
  }

  stop(): void {
    this.#server.forceShutdown();
  }

  #reflect(call: ServerDuplexStream<Buffer, Uint8Array>): void {
    this.reflections += 1;
    call.on('data', (bytes: Buffer) => {
      const reader = new BinaryReader(bytes);
      const [what] = reader.tag();
      const name = reader.string();
      const file = what === 3 ? files[name] : name === 'demo.Demo' ? service : undefined;
      const writer = new BinaryWriter();
      if (file) writer.tag(4, 2).fork().tag(1, 2).bytes(toBinary(FileDescriptorProtoSchema, file)).join();
      else writer.tag(7, 2).fork().tag(1, 0).int32(5).tag(2, 2).string(`Symbol not found: ${name}`).join();
      call.write(writer.finish());
    });
    call.on('end', () => call.end());
  }
}
