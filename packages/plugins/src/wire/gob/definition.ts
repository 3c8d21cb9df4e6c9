import { PluginWireError } from '../errors.ts';
import type { GobValue, GobWireField, GobWireType, OpaqueEncoder } from './types.ts';

type Fields = ReadonlyMap<GobValue, GobValue>;

const NO_FIELDS: Fields = new Map();
const OPAQUE: readonly OpaqueEncoder[] = ['GobEncoderT', 'BinaryMarshalerT', 'TextMarshalerT'];

/** The type that a value of Go's `wireType` describes. Throws `PluginWireError` unless it describes `id`. */
export function typeOfDefinition(id: number, definition: GobValue): GobWireType {
  const [[kind, body] = ['', NO_FIELDS], ...more] = fieldsOf(definition) as Iterable<[string, GobValue]>;
  if (more.length > 0) throw new PluginWireError('PLUGIN_GOB', `definition of gob type ${id} is of two kinds`);
  const fields = fieldsOf(body);
  const common = fieldsOf(fields.get('CommonType'));
  if (common.get('Id') !== BigInt(id)) {
    throw new PluginWireError('PLUGIN_GOB', `definition of gob type ${id} is about another`);
  }
  const name = textOf(common.get('Name'));
  const opaque = OPAQUE.find((encoder) => encoder === kind);
  if (opaque) return { kind: 'opaque', name, encoder: opaque };
  if (kind === 'StructT') return { kind: 'struct', name, fields: structFields(fields.get('Field')) };
  const element = numberOf(fields.get('Elem'));
  if (kind === 'MapT') return { kind: 'map', name, key: numberOf(fields.get('Key')), element };
  if (kind === 'SliceT') return { kind: 'slice', name, element };
  return { kind: 'array', name, element, length: numberOf(fields.get('Len')) };
}

/** The value of Go's `wireType` that describes a type. */
export function definitionOf(id: number, type: GobWireType): GobValue {
  const described = (kind: string, name: string, ...fields: readonly [string, GobValue][]): GobValue =>
    new Map([[kind, new Map<GobValue, GobValue>([['CommonType', common(id, name)], ...fields])]]);
  switch (type.kind) {
    case 'struct':
      return described('StructT', type.name, ['Field', type.fields.map(fieldDefinition)]);
    case 'map':
      return described('MapT', type.name, ['Key', BigInt(type.key)], ['Elem', BigInt(type.element)]);
    case 'slice':
      return described('SliceT', type.name, ['Elem', BigInt(type.element)]);
    case 'array':
      return described('ArrayT', type.name, ['Elem', BigInt(type.element)], ['Len', BigInt(type.length)]);
    case 'opaque':
      return described(type.encoder, type.name);
    default:
      throw new TypeError(`gob type ${type.kind} has no definition`);
  }
}

function common(id: number, name: string): GobValue {
  return new Map<GobValue, GobValue>([
    ['Name', name],
    ['Id', BigInt(id)],
  ]);
}

function fieldDefinition({ name, id }: GobWireField): GobValue {
  return common(id, name);
}

function structFields(value: GobValue | undefined): GobWireField[] {
  const found = Array.isArray(value) ? (value as readonly GobValue[]) : [];
  const names = new Set<string>();
  return found.map((one) => {
    const field = fieldsOf(one);
    const name = textOf(field.get('Name'));
    if (names.has(name)) throw new PluginWireError('PLUGIN_GOB', `gob struct with two fields ${name}`);
    names.add(name);
    return { name, id: numberOf(field.get('Id')) };
  });
}

function fieldsOf(value: GobValue | undefined): Fields {
  return value instanceof Map ? (value as Fields) : NO_FIELDS;
}

function textOf(value: GobValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** 0, the id of nothing, stands for what is no number that can be an id. */
function numberOf(value: GobValue | undefined): number {
  return typeof value === 'bigint' && value > 0n && value < 2n ** 31n ? Number(value) : 0;
}
