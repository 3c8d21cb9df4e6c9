import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokerIds, decodeBrokerId, encodeBrokerId } from './broker.ts';
import { concatBytes } from '@dkron/runtime';
import { ByteQueue } from './bytes.ts';
import {
  connInfoCodec,
  executeRequestCodec,
  executeResponseCodec,
  statusUpdateCodec,
  stdioDataCodec,
} from './grpc/messages.ts';
import { executionFromGob, processorArgsFromGob } from './processor.ts';

const unhex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

it('ByteQueue gives the bytes in order, whatever the pieces', () => {
  const pieces = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.nat(3000).map((length) => new Uint8Array(length).fill(7)),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(2000)), (all, takes) => {
      const queue = new ByteQueue();
      const taken: Uint8Array[] = [];
      for (const [index, piece] of all.entries()) {
        queue.push(piece);
        const count = Math.min(takes[index] ?? 0, queue.length);
        expect(queue.peek(count)).toEqual(queue.peek(count));
        taken.push(Uint8Array.from(queue.take(count)));
      }
      taken.push(queue.take(queue.length));
      expect(concatBytes(taken)).toEqual(concatBytes(all));
    }),
  );
});

describe('broker ids', () => {
  it('begin at 1 and go round', () => {
    const ids = new BrokerIds();
    expect([ids.next(), ids.next()]).toEqual([1, 2]);
    expect(new BrokerIds(2 ** 32 - 1).next()).toBe(0);
  });

  it('have four bytes, the lowest first', () => {
    expect(encodeBrokerId(0x01020304)).toEqual(Uint8Array.of(4, 3, 2, 1));
    fc.assert(fc.property(fc.nat(2 ** 32 - 1), (id) => decodeBrokerId(encodeBrokerId(id)) === id));
    expect(() => decodeBrokerId(Uint8Array.of(1, 2, 3))).toThrow(/4 bytes, not 3/);
    expect(() => encodeBrokerId(2 ** 32)).toThrow(RangeError);
  });
});

describe('messages of gRPC', () => {
  it('with all their fields', () => {
    const knock = { serviceId: 3, network: '', address: '', knock: { knock: true, ack: true, error: 'no' } };
    expect(connInfoCodec.decode(connInfoCodec.encode(knock))).toEqual(knock);
    const data = { channel: 2, data: Uint8Array.of(1, 2) };
    expect(stdioDataCodec.decode(stdioDataCodec.encode(data))).toEqual(data);
    const request = {
      jobName: 'j',
      config: new Map([
        ['__proto__', ''],
        ['', 'x'],
      ]),
      statusServer: 2 ** 32 - 1,
    };
    expect(executeRequestCodec.decode(executeRequestCodec.encode(request))).toEqual(request);
    const response = { output: Uint8Array.of(1), error: 'bad' };
    expect(executeResponseCodec.decode(executeResponseCodec.encode(response))).toEqual(response);
    const update = { output: Uint8Array.of(1), error: true };
    expect(statusUpdateCodec.decode(statusUpdateCodec.encode(update))).toEqual(update);
  });

  it('unknown fields are passed over', () => {
    expect(executeResponseCodec.decode(unhex('4a0161' + '5001' + '0a0162'))).toEqual({
      output: unhex('62'),
      error: '',
    });
  });

  it.each(['0a05', '0a', 'ff', '0affffffff0f', '1203ffff'])('refuses %s', (hex) => {
    expect(() => executeRequestCodec.decode(unhex(hex))).toThrow(expect.objectContaining({ code: 'PLUGIN_MESSAGE' }));
  });
});

describe('what processors answer', () => {
  it('zero is what is not there; unknown fields are passed over', () => {
    const zero = { jobName: '', success: false, output: new Uint8Array(), nodeName: '', group: 0n, attempt: 0 };
    expect(executionFromGob(new Map([['XXX_sizecache', 1n]]))).toEqual(zero);
    expect(processorArgsFromGob(new Map())).toEqual({ execution: zero, config: new Map() });
  });

  it.each([
    ['no struct', 'x', /Execution/],
    ['a job name that is a number', new Map([['JobName', 1n]]), /JobName/],
    ['an attempt beyond 32 bits', new Map([['Attempt', 2n ** 32n]]), /Attempt/],
    ['a moment that is text', new Map([['StartedAt', 'now']]), /StartedAt/],
  ])('refuses %s', (_name, value, message) => {
    expect(() => executionFromGob(value)).toThrow(expect.objectContaining({ code: 'PLUGIN_RPC' }));
    expect(() => executionFromGob(value)).toThrow(message);
  });

  it('refuses settings that are not text', () => {
    expect(() => processorArgsFromGob(new Map([['Config', new Map([['a', 1n]])]]))).toThrow(/Config/);
  });
});
