/** A value of gob. Structs are maps from the names of their fields, without those that are zero; integers are bigint. */
export type GobValue =
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | readonly GobValue[]
  | ReadonlyMap<GobValue, GobValue>
  | GobInterface
  | null;

/** What stands where Go has an interface: its type's name and its bytes, which are not read. */
export interface GobInterface {
  readonly typeName: string;
  readonly bytes: Uint8Array;
}

/** A type as we write it. Ids are given by a `GobTypeRegistry`. */
export type GobSchema =
  | { readonly kind: 'bool' | 'int' | 'uint' | 'bytes' | 'string' }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: readonly GobSchemaField[] }
  | { readonly kind: 'map'; readonly name: string; readonly key: GobSchema; readonly element: GobSchema };

/** A field of a struct, in the order of Go's declaration. */
export interface GobSchemaField {
  readonly name: string;
  readonly schema: GobSchema;
}

/** A type as it travels: others are named by their ids. */
export type GobWireType =
  | { readonly kind: 'bool' | 'int' | 'uint' | 'float' | 'bytes' | 'string' | 'complex' | 'interface' }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: readonly GobWireField[] }
  | { readonly kind: 'map'; readonly name: string; readonly key: number; readonly element: number }
  | { readonly kind: 'slice'; readonly name: string; readonly element: number }
  | { readonly kind: 'array'; readonly name: string; readonly element: number; readonly length: number }
  /** What its own encoder made of it: bytes that are not read. */
  | { readonly kind: 'opaque'; readonly name: string; readonly encoder: OpaqueEncoder };

/** A field of a struct that travels. */
export interface GobWireField {
  readonly name: string;
  readonly id: number;
}

/** Which of Go's interfaces wrote the bytes of an opaque type. */
export type OpaqueEncoder = 'GobEncoderT' | 'BinaryMarshalerT' | 'TextMarshalerT';

/** Ids of types that need no definition. */
export const GOB_IDS = { bool: 1, int: 2, uint: 3, bytes: 5, string: 6, wireType: 16 } as const;

/** First id that a definition may have. */
export const GOB_FIRST_USER_ID = 64;
/** Last id: Go's ids are 32-bit. */
export const GOB_LAST_USER_ID = 2 ** 31 - 1;

const struct = (name: string, ...fields: readonly (readonly [string, number])[]): GobWireType => ({
  kind: 'struct',
  name,
  fields: fields.map(([field, id]) => ({ name: field, id })),
});

const COMMON = ['CommonType', 18] as const;

/** Types that both sides know, and those that definitions are made of. */
export const GOB_BUILT_IN: ReadonlyMap<number, GobWireType> = new Map<number, GobWireType>([
  [1, { kind: 'bool' }],
  [2, { kind: 'int' }],
  [3, { kind: 'uint' }],
  [4, { kind: 'float' }],
  [5, { kind: 'bytes' }],
  [6, { kind: 'string' }],
  [7, { kind: 'complex' }],
  [8, { kind: 'interface' }],
  [
    GOB_IDS.wireType,
    struct(
      'wireType',
      ['ArrayT', 17],
      ['SliceT', 19],
      ['StructT', 20],
      ['MapT', 23],
      ['GobEncoderT', 24],
      ['BinaryMarshalerT', 24],
      ['TextMarshalerT', 24],
    ),
  ],
  [17, struct('arrayType', COMMON, ['Elem', 2], ['Len', 2])],
  [18, struct('CommonType', ['Name', 6], ['Id', 2])],
  [19, struct('sliceType', COMMON, ['Elem', 2])],
  [20, struct('structType', COMMON, ['Field', 22])],
  [21, struct('fieldType', ['Name', 6], ['Id', 2])],
  [22, { kind: 'slice', name: '[]fieldType', element: 21 }],
  [23, struct('mapType', COMMON, ['Key', 2], ['Elem', 2])],
  [24, struct('gobEncoderType', COMMON)],
]);
