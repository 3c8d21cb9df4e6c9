/* Against bytes that Go's encoding/gob wrote (1.19, whose types begin at 65; 1.26 where it says so), and against itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXECUTION_SCHEMA, executionToGob, PROCESSOR_ARGS_SCHEMA, processorArgsToGob } from '../processor.ts';
import { EMPTY_STRUCT, RpcDecoder, RpcEncoder } from '../rpc.ts';
import { GobDecoder } from './decoder.ts';
import { encodeGobDefinition, encodeGobMessage, GobEncoder } from './encoder.ts';
import type { GobLimits } from './limits.ts';
import { GobTypeRegistry } from './registry.ts';
import type { GobSchema, GobValue } from './types.ts';

const unhex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const values = (hex: string, limits: Partial<GobLimits> = {}): GobValue[] =>
  [...new GobDecoder(limits).push(unhex(hex))].flatMap((one) => (one.kind === 'value' ? [one.value] : []));

const TEXT_MAP: GobSchema = { kind: 'map', name: '', key: { kind: 'string' }, element: { kind: 'string' } };

it.each<[string, GobSchema, GobValue, string]>([
  ['uint 128', { kind: 'uint' }, 128n, '040600ff80'],
  ['uint 256', { kind: 'uint' }, 256n, '050600fe0100'],
  ['int -1', { kind: 'int' }, -1n, '03040001'],
  ['int 64', { kind: 'int' }, 64n, '040400ff80'],
  ['int -65', { kind: 'int' }, -65n, '040400ff81'],
  ['a long int', { kind: 'int' }, 1_700_000_000_000_000_000n, '0b0400f82f2f39fc6c540000'],
  ['true', { kind: 'bool' }, true, '03020001'],
  ['text', { kind: 'string' }, 'abc', '060c0003616263'],
  ['bytes', { kind: 'bytes' }, Uint8Array.of(1, 2), '050a00020102'],
  ['a map', TEXT_MAP, new Map([['a', 'b']]), '0eff81040102ff8200010c010c000008ff82000101610162'],
])('%s as Go writes it', (_name, schema, value, hex) => {
  expect(hexOf(new GobEncoder(new GobTypeRegistry(65)).encode(schema, value))).toBe(hex);
  expect(values(hex)).toEqual([value]);
});

describe('calls as Go 1.19 writes them', () => {
  const DEFINED =
    '36ff870301010d50726f636573736f724172677301ff880001020109457865637574696f6e01ff8a000106436f6e66696701ff8e0000007cff8903010109457865637574696f6e01ff8a00010801074a6f624e616d65010c0001075375636365737301020001064f7574707574010a0001084e6f64654e616d65010c00010547726f75700104000107417474656d7074010600010953746172746564417401ff8c00010a46696e6973686564417401ff8c0000002dff8b0301010954696d657374616d7001ff8c00010201075365636f6e647301040001054e616e6f73010400000016ff8d04010106436f6e66696701ff8e00010c010c0000';
  const ARGS =
    '3fff880101016a01010102686901026e3101f82f2f39fc6c54000001010101fccaa7e200010a000101fccaa7e2020000010107666f7277617264047472756500';
  const execution = {
    jobName: 'j',
    success: true,
    output: new TextEncoder().encode('hi'),
    nodeName: 'n1',
    group: 1_700_000_000_000_000_000n,
    attempt: 1,
    startedAt: { seconds: 1_700_000_000n, nanos: 5 },
    finishedAt: { seconds: 1_700_000_001n, nanos: 0 },
  };
  const args = processorArgsToGob({ execution, config: new Map([['forward', 'true']]) });

  it('Dispense, then Ping', () => {
    const encoder = new RpcEncoder(new GobTypeRegistry(65));
    expect(hexOf(encoder.request('Dispenser.Dispense', 0, { kind: 'string' }, 'processor'))).toBe(
      '2fff81030101075265717565737401ff82000102010d536572766963654d6574686f64010c000103536571010600000017ff82011244697370656e7365722e44697370656e7365000c0c000970726f636573736f72',
    );
    expect(hexOf(encoder.request('Control.Ping', 1, { kind: 'bool' }, true))).toBe(
      '13ff82010c436f6e74726f6c2e50696e6701010003020001',
    );
  });

  it('their answers, and an unknown method', () => {
    const registry = new GobTypeRegistry(66);
    const encoder = new RpcEncoder(registry);
    expect(hexOf(encoder.response('Dispenser.Dispense', 0, { kind: 'uint' }, 1n))).toBe(
      '3aff8303010108526573706f6e736501ff84000103010d536572766963654d6574686f64010c00010353657101060001054572726f72010c00000017ff84011244697370656e7365722e44697370656e73650003060001',
    );
    expect(hexOf(encoder.response('Control.Ping', 1, EMPTY_STRUCT, new Map()))).toBe(
      '13ff84010c436f6e74726f6c2e50696e670101000aff85030102ff8600000003ff8600',
    );
    const failure = encoder.failure('Dispenser.Nope', 3, "rpc: can't find method Dispenser.Nope");
    expect(hexOf(failure)).toBe(
      '3cff84010e44697370656e7365722e4e6f7065010301257270633a2063616e27742066696e64206d6574686f642044697370656e7365722e4e6f70650003ff8600',
    );
  });

  it('Process, by definitions that name types 68 to 71', () => {
    const decoder = new GobDecoder();
    const messages = [...decoder.push(unhex(DEFINED + ARGS))];
    const again = messages.map((one) =>
      one.kind === 'definition'
        ? encodeGobDefinition(decoder.lookup, one.typeId)
        : encodeGobMessage(decoder.lookup, one.typeId, one.value),
    );
    expect(hexOf(Buffer.concat(again))).toBe(DEFINED + ARGS);
    const written = new GobEncoder(new GobTypeRegistry(68)).encode(PROCESSOR_ARGS_SCHEMA, args);
    expect(hexOf(written)).toBe(DEFINED + ARGS);
  });

  it('an error ends one call, not the stream', () => {
    const encoder = new RpcEncoder(new GobTypeRegistry());
    const bytes = Buffer.concat([
      encoder.failure('Plugin.Process', 0, 'disk full'),
      encoder.response('Plugin.Process', 1, EXECUTION_SCHEMA, executionToGob(execution)),
    ]);
    expect([...new RpcDecoder().push(bytes)].map(({ seq, error }) => [seq, error])).toEqual([
      [0, 'disk full'],
      [1, ''],
    ]);
  });
});

it('what is written is read again, at any cut', () => {
  const inner: GobSchema = {
    kind: 'struct',
    name: 'In',
    fields: [
      { name: 'M', schema: TEXT_MAP },
      { name: 'B', schema: { kind: 'bytes' } },
    ],
  };
  const outer: GobSchema = {
    kind: 'struct',
    name: 'Out',
    fields: [
      { name: 'I', schema: { kind: 'int' } },
      { name: 'U', schema: { kind: 'uint' } },
      { name: 'S', schema: { kind: 'string' } },
      { name: 'N', schema: inner },
    ],
  };
  const texts = fc.string({ unit: 'grapheme', minLength: 1 });
  const structs = (fields: Record<string, fc.Arbitrary<GobValue>>): fc.Arbitrary<GobValue> =>
    fc
      .record(fields, { requiredKeys: [] })
      .map((found) => new Map<GobValue, GobValue>(Object.entries(found) as [string, GobValue][]));
  const arbitrary = structs({
    I: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).filter((value) => value !== 0n),
    U: fc.bigInt(1n, 2n ** 64n - 1n),
    S: texts,
    N: structs({
      M: fc.uniqueArray(fc.tuple(texts, fc.string()), { selector: ([key]) => key }).map((all) => new Map(all)),
      B: fc.uint8Array({ minLength: 1 }),
    }),
  });
  const property = fc.property(fc.array(arbitrary, { minLength: 1, maxLength: 4 }), fc.nat(), (all, cut) => {
    const encoder = new GobEncoder(new GobTypeRegistry());
    const bytes = Buffer.concat(all.map((one) => encoder.encode(outer, one)));
    const decoder = new GobDecoder();
    const at = cut % (bytes.length + 1);
    const messages = [...decoder.push(bytes.subarray(0, at)), ...decoder.push(bytes.subarray(at))];
    expect(messages.flatMap((one) => (one.kind === 'value' ? [one.value] : []))).toEqual(all);
  });
  fc.assert(property);
});

describe('types that are not ours, as Go 1.26 writes them', () => {
  /*
   * struct { F float64; C complex128; L []string; A [2]int; T time.Time; I, N any; M map[string][]int; E []struct{} }
   * with -1.5, 1+2i, ["a", ""], [7, -7], 1700000000 s + 5 ns, int64(5), nil, {k: [1, 2]}, two empty structs.
   */
  const ODD =
    '4b7f030101034f646401ff80000109010146010800010143010e0001014c01ff820001014101ff840001015401ff860001014901100001014e01100001014d01ff8a0001014501ff8e00000016ff81020101085b5d737472696e6701ff8200010c000016ff83010101065b325d696e7401ff840001040104000010ff850501010454696d6501ff8600000021ff89040101106d61705b737472696e675d5b5d696e7401ff8a00010c01ff8800000cff87020102ff8800010400001aff8d0201010b5b5d737472756374207b7d01ff8e0001ff8c00000aff8b030102ff8c0000003cff8001fef8bf01fef03f40010201610001020e0d010f010000000edce5e80000000005ffff0105696e7436340402000a0201016b0202040102000000';

  it('are read; what has its own encoder is left as bytes', () => {
    const [odd] = values(ODD);
    const expected: [string, GobValue][] = [
      ['F', -1.5],
      ['C', [1, 2]],
      ['L', ['a', '']],
      ['A', [7n, -7n]],
      ['T', unhex('010000000edce5e80000000005ffff')],
      ['I', { typeName: 'int64', bytes: unhex('000a') }],
      ['M', new Map([['k', [1n, 2n]]])],
      ['E', [new Map(), new Map()]],
    ];
    expect(odd).toEqual(new Map(expected));
    expect(values('050800fef03f')).toEqual([1]);
    expect(values('16ff81020101085b5d737472696e6701ff8200010c000008ff82000201610162')).toEqual([['a', 'b']]);
  });

  it('their definitions are written again', () => {
    const decoder = new GobDecoder();
    const definitions = [...decoder.push(unhex(ODD))].filter(({ kind }) => kind === 'definition');
    expect(definitions).toHaveLength(8);
    const again = definitions.map(({ typeId }) => hexOf(encodeGobDefinition(decoder.lookup, typeId)));
    expect(again.join('')).toBe(ODD.slice(0, ODD.indexOf('3cff80')));
  });
});

describe('bad input', () => {
  it.each([
    ['a type that is not defined', '03ff8000', 'PLUGIN_GOB', /type 64 is not defined/],
    ['no type', '020000', 'PLUGIN_GOB', /without a type/],
    ['an empty message', '00', 'PLUGIN_GOB', /ends early/],
    ['text longer than its message', '050c0005616263', 'PLUGIN_GOB', /claims 5 more|ends early/],
    ['bytes after the value', '05060001ffff', 'PLUGIN_GOB', /after its end/],
    ['a definition of a built-in type', '050303010100', 'PLUGIN_GOB', /may not be defined/],
    ['a boolean 2', '03020002', 'PLUGIN_GOB', /boolean is 2/],
    ['a number of 9 bytes', '0b0600f7010101010101010101', 'PLUGIN_GOB', /number of 9 bytes/],
    ['a message of 2^40 bytes', 'fa010000000000', 'PLUGIN_LIMIT', /at most 16777216/],
    ['a length of 9 bytes', 'f7', 'PLUGIN_GOB', /length of 9 bytes/],
    ['a field after the last', `0aff85030102ff860000${'00'}04ff860100`, 'PLUGIN_GOB', /no field after/],
  ])('%s', (_name, hex, code, message) => {
    expect(() => values(hex)).toThrow(expect.objectContaining({ code }));
    expect(() => values(hex)).toThrow(message);
  });

  it('the same type twice, too many types, too deep, too many values', () => {
    const definition = '0aff85030102ff86000000';
    expect(() => values(definition + definition)).toThrow(/not again/);
    expect(() => values(definition, { definitions: 0 })).toThrow(expect.objectContaining({ code: 'PLUGIN_LIMIT' }));
    expect(() => values(definition, { depth: 1 })).toThrow(/nested deeper than 1/);
    expect(() => values(definition, { values: 3 })).toThrow(/more than 3 values/);
  });

  it('a struct within itself ends at the limit', () => {
    const registry = new GobTypeRegistry();
    const node = { kind: 'struct' as const, name: 'Node', fields: [] as { name: string; schema: GobSchema }[] };
    node.fields.push({ name: 'Next', schema: node });
    let value: GobValue = new Map();
    for (let depth = 0; depth < 40; depth++) value = new Map([['Next', value]]);
    const bytes = new GobEncoder(registry).encode(node, value);
    expect(() => values(hexOf(bytes))).toThrow(/nested deeper than 16/);
  });

  it('values that are not of their schema', () => {
    const encoder = new GobEncoder(new GobTypeRegistry());
    expect(() => encoder.encode({ kind: 'uint' }, 'x')).toThrow(/value is no uint/);
    expect(() => encoder.encode({ kind: 'uint' }, -1n)).toThrow(RangeError);
    expect(() => encoder.encode({ kind: 'int' }, 2n ** 63n)).toThrow(RangeError);
    expect(() => encoder.encode(EXECUTION_SCHEMA, new Map([['JobName', 1n]]))).toThrow('value.JobName is no string');
  });
});
