import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { DESCRIPTORS } from '../gen/descriptors.ts';

/** The descriptors of all our protos and of what they import. */
export class Descriptors {
  readonly #files = new Map<string, FileDescriptorProto>();
  readonly #bySymbol = new Map<string, FileDescriptorProto>();

  constructor() {
    for (const file of fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTORS, 'base64')).file) {
      this.#files.set(file.name, file);
      for (const symbol of symbolsOf(file)) this.#bySymbol.set(symbol, file);
    }
  }

  /** The encoded file and all that it imports, itself first; undefined = there is none of this name. */
  file(name: string): readonly Uint8Array[] | undefined {
    const file = this.#files.get(name);
    return file && this.#withImports(file);
  }

  /** The same of the file that has a service, method, message or enum, by its full name. */
  fileOf(symbol: string): readonly Uint8Array[] | undefined {
    const file = this.#bySymbol.get(symbol);
    return file && this.#withImports(file);
  }

  #withImports(first: FileDescriptorProto): Uint8Array[] {
    const found = new Set([first]);
    for (const file of found) {
      for (const name of file.dependency) {
        const imported = this.#files.get(name);
        if (imported) found.add(imported);
      }
    }
    return [...found].map((file) => toBinary(FileDescriptorProtoSchema, file));
  }
}

function symbolsOf(file: FileDescriptorProto): string[] {
  const inside = (name: string): string => (file.package === '' ? name : `${file.package}.${name}`);
  const services = file.service.flatMap(({ name, method }) => [name, ...method.map((one) => `${name}.${one.name}`)]);
  const enums = file.enumType.map(({ name }) => name);
  return [...services, ...enums, ...file.messageType.flatMap(namesOf)].map(inside);
}

function namesOf(message: DescriptorProto): string[] {
  const nested = [...message.nestedType.flatMap(namesOf), ...message.enumType.map(({ name }) => name)];
  return [message.name, ...nested.map((name) => `${message.name}.${name}`)];
}
