import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { PluginWireError } from '../errors.ts';

/** Reads and writes one kind of message. `decode` throws `PluginWireError` `PLUGIN_MESSAGE`. */
export interface MessageCodec<T> {
  encode(message: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

export type Writable<T> = { -readonly [K in keyof T]: T[K] };
/** Reads the field of that number, if the tag is `number << 3 | wire type` of one we know. */
export type ReadField<T> = (tag: number, reader: BinaryReader, message: Writable<T>) => boolean;

export const VARINT = WireType.Varint;
export const BYTES = WireType.LengthDelimited;

/** Tag of a field as one number. */
export function tagOf(field: number, wireType: WireType): number {
  return (field << 3) | wireType;
}

export function codec<T extends object>(
  name: string,
  zero: () => Writable<T>,
  readField: ReadField<T>,
  write: (message: T, writer: BinaryWriter) => void,
): MessageCodec<T> {
  return {
    encode: (message) => {
      const writer = new BinaryWriter();
      write(message, writer);
      return writer.finish();
    },
    decode: (bytes) => {
      try {
        return readFields(new BinaryReader(bytes), bytes.length, zero(), readField);
      } catch (error) {
        throw new PluginWireError('PLUGIN_MESSAGE', `no ${name}: ${String(error)}`, {}, { cause: error });
      }
    },
  };
}

function readFields<T>(reader: BinaryReader, end: number, message: Writable<T>, readField: ReadField<T>): T {
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (!readField(tagOf(field, wireType), reader, message)) reader.skip(wireType, field);
  }
  if (reader.pos > end) throw new RangeError('a field ends after its message');
  return message;
}

export function writeString(writer: BinaryWriter, field: number, text: string): void {
  if (text !== '') writer.tag(field, BYTES).string(text);
}

export function writeBytes(writer: BinaryWriter, field: number, bytes: Uint8Array): void {
  if (bytes.length > 0) writer.tag(field, BYTES).bytes(bytes);
}

export function writeUint(writer: BinaryWriter, field: number, value: number): void {
  if (value !== 0) writer.tag(field, VARINT).uint32(value);
}

export function writeBool(writer: BinaryWriter, field: number, value: boolean): void {
  if (value) writer.tag(field, VARINT).bool(true);
}

export function readNested<T>(reader: BinaryReader, message: Writable<T>, readField: ReadField<T>): T {
  const length = reader.uint32();
  return readFields(reader, reader.pos + length, message, readField);
}

/** Fields of a map from text to text, entry by entry, in the order of the map. */
export function writeTexts(writer: BinaryWriter, field: number, texts: ReadonlyMap<string, string>): void {
  for (const [key, value] of texts) {
    writer.tag(field, BYTES).fork();
    writer.tag(1, BYTES).string(key).tag(2, BYTES).string(value);
    writer.join();
  }
}

interface Entry {
  readonly key: string;
  readonly value: string;
}

const readEntry: ReadField<Entry> = (tag, reader, message) => {
  if (tag === tagOf(1, BYTES)) message.key = reader.string();
  else if (tag === tagOf(2, BYTES)) message.value = reader.string();
  else return false;
  return true;
};

/** One entry of a map from text to text. */
export function readText(reader: BinaryReader, texts: Map<string, string>): void {
  const { key, value } = readNested<Entry>(reader, { key: '', value: '' }, readEntry);
  texts.set(key, value);
}
