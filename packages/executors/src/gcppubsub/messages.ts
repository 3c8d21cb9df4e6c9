import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A message as `google.pubsub.v1.PubsubMessage` has it, as far as publishers fill it. */
export interface PubsubMessage {
  readonly data: Uint8Array;
  readonly attributes: ReadonlyMap<string, string>;
  /** Empty = none. */
  readonly orderingKey: string;
}

/** `google.pubsub.v1.PublishRequest` with one message. */
export function encodePublish(topic: string, { data, attributes, orderingKey }: PubsubMessage): Buffer {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(topic);
  writer.tag(2, WireType.LengthDelimited).fork();
  if (data.length > 0) writer.tag(1, WireType.LengthDelimited).bytes(data);
  for (const [key, value] of attributes) {
    writer.tag(2, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).string(value);
    writer.join();
  }
  if (orderingKey !== '') writer.tag(5, WireType.LengthDelimited).string(orderingKey);
  writer.join();
  return Buffer.from(writer.finish());
}

/** The ids of `google.pubsub.v1.PublishResponse`. */
export function decodePublished(bytes: Uint8Array): string[] {
  const reader = new BinaryReader(bytes);
  const ids: string[] = [];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1) ids.push(reader.string());
    else reader.skip(type);
  }
  return ids;
}
