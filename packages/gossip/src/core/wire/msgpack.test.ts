import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hexOf, unhex } from '../../testing/vector-values.ts';
import { MsgpackReader } from './msgpack-reader.ts';
import { type IntStyle, MsgpackWriter } from './msgpack-writer.ts';

const write = (act: (out: MsgpackWriter) => void, style?: IntStyle): string => {
  const out = new MsgpackWriter(style);
  act(out);
  return hexOf(out.finish());
};
const reader = (hex: string): MsgpackReader => new MsgpackReader(unhex(hex));
const safe = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(70_000),
  fc.nat(53).map((bits) => Math.min(2 ** bits, Number.MAX_SAFE_INTEGER)),
);

describe('numbers', () => {
  it.each([
    [0, '00', '00'],
    [127, '7f', '7f'],
    [128, 'cc80', 'd10080'],
    [200, 'ccc8', 'd100c8'],
    [255, 'ccff', 'd100ff'],
    [256, 'cd0100', 'd10100'],
    [32_767, 'cd7fff', 'd17fff'],
    [32_768, 'cd8000', 'd200008000'],
    [65_536, 'ce00010000', 'd200010000'],
    [2 ** 31, 'ce80000000', 'd30000000080000000'],
    [3_000_000_000, 'ceb2d05e00', 'd300000000b2d05e00'],
    [2 ** 32, 'cf0000000100000000', 'd30000000100000000'],
    [Number.MAX_SAFE_INTEGER, 'cf001fffffffffffff', 'd3001fffffffffffff'],
  ])('%d is written %s by the old codec and %s by the new', (value, old, recent) => {
    expect(write((out) => out.int(value), 'unsigned')).toBe(old);
    expect(write((out) => out.uint(value), 'signed')).toBe(old);
    expect(write((out) => out.int(value), 'signed')).toBe(recent);
    for (const hex of [old, recent]) expect(reader(hex).uint(Number.MAX_SAFE_INTEGER)).toBe(value);
  });

  it.each([
    [-1, 'ff'],
    [-32, 'e0'],
    [-33, 'd0df'],
    [-128, 'd080'],
    [-129, 'd1ff7f'],
    [-32_769, 'd2ffff7fff'],
    [-(2 ** 31) - 1, 'd3ffffffff7fffffff'],
    [Number.MIN_SAFE_INTEGER, 'd3ffe0000000000001'],
  ])('%d is written %s by both', (value, hex) => {
    for (const style of ['unsigned', 'signed'] as const) expect(write((out) => out.int(value), style)).toBe(hex);
    expect(reader(hex).int()).toBe(value);
    expect(() => reader(hex).uint(1000)).toThrow(expect.objectContaining({ code: 'GOSSIP_WIRE_RANGE' }));
  });

  it('survive in both styles', () => {
    fc.assert(
      fc.property(safe, fc.boolean(), fc.constantFrom<IntStyle>('unsigned', 'signed'), (magnitude, negative, style) => {
        const value = negative && magnitude > 0 ? -magnitude : magnitude;
        expect(reader(write((out) => out.int(value), style)).int()).toBe(value);
      }),
    );
  });

  it.each(['cfffffffffffffffff', 'cf0020000000000000', 'd37fffffffffffffff', 'd38000000000000000'])(
    '%s is refused, not rounded',
    (hex) => {
      expect(() => reader(hex).int()).toThrow(expect.objectContaining({ code: 'GOSSIP_WIRE_RANGE' }));
      expect(() => reader(hex).uint(Number.MAX_SAFE_INTEGER)).toThrow(
        expect.objectContaining({ code: 'GOSSIP_WIRE_RANGE' }),
      );
    },
  );

  it('floats survive bit by bit, take eight bytes, and are read from four and from integers', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const hex = write((out) => out.float(value));
        expect(hex).toHaveLength(18);
        expect(reader(hex).float()).toBe(value);
      }),
    );
    expect(reader('ca3fc00000').float()).toBe(1.5);
    expect(reader('d0ff').float()).toBe(-1);
  });
});

describe('text and bytes', () => {
  it.each([
    [0, 'a0'],
    [31, 'bf'],
    [32, 'da0020'],
    [256, 'da0100'],
    [65_535, 'daffff'],
    [65_536, 'db00010000'],
  ])('%d bytes are written as raw behind %s', (length, head) => {
    const hex = write((out) => out.raw(new Uint8Array(length).fill(0x61)));
    expect(hex.slice(0, head.length)).toBe(head);
    expect(reader(hex).text()).toBe('a'.repeat(length));
    expect(reader(hex).bytes()).toHaveLength(length);
  });

  it.each(['d90161', 'c40161', 'c5000161', 'c60000000161', 'da000161', 'db0000000161', 'a161'])(
    '%s is read as text and as bytes',
    (hex) => {
      expect(reader(hex).text()).toBe('a');
      expect(reader(hex).bytes()).toEqual(Uint8Array.of(0x61));
      expect(reader(hex).view()).toEqual(Uint8Array.of(0x61));
    },
  );

  it('nil is empty text, and null as bytes', () => {
    expect(reader('c0').text()).toBe('');
    expect(reader('c0').bytes()).toBeNull();
    expect(write((out) => out.raw(null))).toBe('c0');
  });

  it('text survives, byte order marks too', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('\ufeffx')), (value) => {
        expect(reader(write((out) => out.text(value))).text()).toBe(value);
      }),
    );
  });

  it('what is not UTF-8 is refused, or replaced where that is asked for', () => {
    expect(() => reader('a2c328').text()).toThrow(expect.objectContaining({ code: 'GOSSIP_WIRE_TEXT' }));
    expect(reader('a2c328').looseText()).toBe('\ufffd(');
  });

  it('bytes are a copy, also when the packet is a Buffer; a view is none', () => {
    const packet = Buffer.from('a161', 'hex');
    const copy = new MsgpackReader(packet).bytes()!;
    const view = new MsgpackReader(packet).view()!;
    packet[1] = 0x62;
    expect(copy).toEqual(Uint8Array.of(0x61));
    expect(view).toEqual(Uint8Array.of(0x62));
  });
});

describe('containers', () => {
  it.each([
    [0, '80', '90'],
    [15, '8f', '9f'],
    [16, 'de0010', 'dc0010'],
    [65_536, 'df00010000', 'dd00010000'],
  ])('%d items', (count, map, array) => {
    expect(write((out) => out.mapHeader(count))).toBe(map);
    expect(write((out) => out.arrayHeader(count))).toBe(array);
    expect(reader(map + 'c0'.repeat(count * 2)).mapSize()).toBe(count);
    expect(reader(array + 'c0'.repeat(count)).arraySize()).toBe(count);
  });

  it.each(['df7fffffff', 'dd7fffffff', 'de00028080', 'db7fffffff61', 'dc0003c0c0', 'cd01', 'a261', ''])(
    '%s claims more than there is, and is refused with the bytes it needs',
    (hex) => {
      for (const act of ['mapSize', 'arraySize', 'bytes', 'int', 'skip'] as const) {
        let neededBytes = 0;
        try {
          reader(hex)[act]();
        } catch (error) {
          const { code, details } = error as { code: string; details: { neededBytes?: number } };
          if (code === 'GOSSIP_WIRE_KIND') continue;
          expect(code).toBe('GOSSIP_WIRE_TRUNCATED');
          neededBytes = details.neededBytes!;
        }
        expect(neededBytes).toBeGreaterThan(hex.length / 2);
      }
    },
  );
});

describe('skip', () => {
  type Item = number | string | boolean | null | Item[] | Map<string, Item>;
  const { item } = fc.letrec<{ item: Item }>((tie) => ({
    item: fc.oneof(
      { maxDepth: 6 },
      fc.maxSafeNat(),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('item')),
      fc.array(fc.tuple(fc.string(), tie('item'))).map((pairs) => new Map(pairs)),
    ),
  }));
  const writeItem = (out: MsgpackWriter, value: Item): void => {
    if (value === null) out.nil();
    else if (typeof value === 'number') out.int(value);
    else if (typeof value === 'string') out.text(value);
    else if (typeof value === 'boolean') out.bool(value);
    else if (Array.isArray(value)) {
      out.arrayHeader(value.length);
      for (const one of value) writeItem(out, one);
    } else {
      out.mapHeader(value.size);
      for (const [key, one] of value) {
        out.text(key);
        writeItem(out, one);
      }
    }
  };

  it('passes over one item, whatever it holds', () => {
    fc.assert(
      fc.property(item, (value) => {
        const from = reader(`${write((out) => writeItem(out, value))}2a`);
        from.skip();
        expect(from.int()).toBe(42);
        expect(from.done).toBe(true);
      }),
    );
  });

  it.each(['ca00000000', 'cb0000000000000000', 'd40100', 'd5010000', 'd60100000000', 'd8' + '00'.repeat(17)])(
    'passes over %s',
    (hex) => {
      const from = reader(`${hex}2a`);
      from.skip();
      expect(from.int()).toBe(42);
    },
  );

  it.each([
    'c70201aabb',
    'c8000201aabb',
    'c90000000201aabb',
    'c402aabb',
    'c50002aabb',
    'c600000002aabb',
    'd7' + '00'.repeat(9),
  ])('passes over %s', (hex) => {
    const from = reader(`${hex}2a`);
    from.skip();
    expect(from.int()).toBe(42);
  });

  it('does not recurse: a hundred thousand arrays in each other', () => {
    const from = reader(`${'91'.repeat(100_000)}c0`);
    from.skip();
    expect(from.done).toBe(true);
  });

  it('refuses the one byte that means nothing', () => {
    expect(() => reader('c1').skip()).toThrow(expect.objectContaining({ code: 'GOSSIP_WIRE_KIND' }));
  });
});
