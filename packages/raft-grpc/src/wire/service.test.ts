import { describe, expect, it } from 'vitest';
import { SessionRequest } from '../gen/dkron/raft/v1/transport.ts';
import { MESSAGE_HEAD_BYTES } from './message-cutter.ts';
import { PREFIX_BYTES, prefixField, raftTransportService } from './service.ts';

const { requestDeserialize } = raftTransportService.session;

function headOf(bytes: number): string {
  return bytes.toString(16).padStart(2 * MESSAGE_HEAD_BYTES, '0');
}

describe('the wire of a session', () => {
  it('has frames and pieces as the generated code writes them, and reads them without a copy', () => {
    for (const $case of ['frame', 'piece', 'lastPiece'] as const) {
      for (const length of [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
        const buffer = Buffer.alloc(PREFIX_BYTES + length, 7);
        const value = buffer.subarray(PREFIX_BYTES);
        const expected = SessionRequest.encode({ message: { $case, value } }).finish();
        const framed = prefixField(buffer, $case);
        expect(framed.subarray(0, MESSAGE_HEAD_BYTES).toString('hex')).toBe(headOf(expected.byteLength));
        const bytes = framed.subarray(MESSAGE_HEAD_BYTES);
        expect(Buffer.compare(bytes, expected), `${$case} of ${length}`).toBe(0);
        const read = requestDeserialize(bytes);
        expect(read.$case).toBe($case);
        expect(Buffer.isBuffer(read.value) && read.value.buffer === buffer.buffer).toBe(true);
        expect(Buffer.isBuffer(read.value) && read.value.equals(value)).toBe(true);
      }
    }
  });

  it('tells what it cannot read, and never throws', () => {
    const unreadable = [
      '', 'ff', '1a', '1a05', '1a05aa', '1affffffff', '1affffffffff', '0a', '0aff', '08', '2a81', 'ffffffffffffffffffff',
      // A number above 2^53 in a handshake.
      '0a0960ffffffffffffffff7f',
    ]; // prettier-ignore
    for (const hex of unreadable) {
      expect(requestDeserialize(Buffer.from(hex, 'hex')).$case, hex).toBe('unreadable');
    }
  });

  it('takes a frame with something behind it by the rules of protobuf: the last field counts', () => {
    const both = Buffer.from('1a01aa' + '1a01bb', 'hex');
    expect(requestDeserialize(both)).toMatchObject({ $case: 'frame', value: Buffer.of(0xbb) });
  });
});
