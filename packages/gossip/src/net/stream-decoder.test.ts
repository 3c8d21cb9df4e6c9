import { describe, expect, it } from 'vitest';
import { Keyring } from '../core/keyring.ts';
import type { PushNodeState, PushPull } from '../core/wire/messages.ts';
import { compress } from '../core/wire/compress.ts';
import { MsgpackWriter } from '../core/wire/msgpack-writer.ts';
import { STREAM_LIMITS } from '../core/wire/stream-limits.ts';
import { encodeStreamMessage } from '../core/wire/stream-message.ts';
import { unhex } from '../testing/vector-values.ts';
import { nodeAead } from './aead.ts';
import { sealEnvelope } from './envelope.ts';
import { StreamCodec } from './stream-codec.ts';
import { streamFrame } from './stream-frame.ts';
import type { WireOptions } from './wire-options.ts';

const K1 = new Uint8Array(16).fill(1);
const K2 = new Uint8Array(32).fill(2);

const codec = (options: WireOptions = {}, ...keys: Uint8Array[]): StreamCodec =>
  new StreamCodec(options, { keyring: new Keyring(keys) });
const node = (name: string): PushNodeState => ({
  addr: Uint8Array.of(10, 0, 0, 1),
  incarnation: 3,
  meta: null,
  name,
  port: 7946,
  state: 0,
  vsn: Uint8Array.of(1, 5, 2, 2, 5, 4),
});
const pushPull = (nodes: number, userState = 0): PushPull => ({
  type: 'pushPull',
  join: true,
  nodes: Array.from({ length: nodes }, (_, i) => node(`n${i}`)),
  userState: new Uint8Array(userState).fill(5),
});
const failing = (code: string) => expect.objectContaining({ code });

describe('StreamDecoder', () => {
  it.each([
    ['ping', { type: 'ping', node: 'a', seqNo: 9 }],
    ['ack', { type: 'ack', payload: null, seqNo: 9 }],
    ['user', { type: 'user', body: new Uint8Array(300).fill(1) }],
    ['error', { type: 'error', error: 'no' }],
    ['pushPull', pushPull(50, 5000)],
    ['empty pushPull', pushPull(0)],
  ] as const)('TCPPing, TCPPushPull: reads %s in every wrapping, byte by byte', (_, message) => {
    for (const compression of [false, true]) {
      for (const keys of [[], [K1]]) {
        for (const label of [undefined, 'prod']) {
          const own = codec({ compression, ...(label === undefined ? {} : { label }) }, ...keys);
          for (const [writer, reader] of [['dialler', 'listener'] as const, ['listener', 'dialler'] as const]) {
            const bytes = own.pack(message, writer);
            const decoder = own.decoder(reader);
            let tooEarly = 0;
            for (let i = 0; i < bytes.length - 1; i++) {
              if (decoder.push(bytes.subarray(i, i + 1)) !== undefined) tooEarly++;
            }
            expect(tooEarly).toBe(0);
            expect(decoder.push(bytes.subarray(-1))).toEqual(message);
            expect(decoder.push(Uint8Array.of(1, 2, 3))).toEqual(message);
          }
        }
      }
    }
  });

  it('the answer has no label, and authenticates it all the same', () => {
    const answer = codec({ label: 'prod' }, K1).pack(pushPull(1), 'listener');
    expect(answer[0]).toBe(10);
    expect(codec({ label: 'prod' }, K1).decoder('dialler').push(answer)).toEqual(pushPull(1));
    expect(() => codec({ label: 'test' }, K1).decoder('dialler').push(answer)).toThrow(
      failing('GOSSIP_WIRE_ENCRYPTION'),
    );
  });

  it('labels must match, be there and not be there', () => {
    const labelled = codec({ label: 'prod' }).pack(pushPull(1), 'dialler');
    const bare = codec().pack(pushPull(1), 'dialler');
    expect(() => codec().decoder('listener').push(labelled)).toThrow(failing('GOSSIP_WIRE_LABEL'));
    expect(() => codec({ label: 'prod' }).decoder('listener').push(bare)).toThrow(failing('GOSSIP_WIRE_LABEL'));
    expect(() => codec({ label: 'test' }).decoder('listener').push(labelled)).toThrow(failing('GOSSIP_WIRE_LABEL'));
    const skipping = codec({ label: 'prod', skipInboundLabelCheck: true });
    expect(skipping.decoder('listener').push(bare)).toEqual(pushPull(1));
    expect(() => skipping.decoder('listener').push(labelled)).toThrow(failing('GOSSIP_WIRE_LABEL'));
  });

  it('keys decide who is read', () => {
    const sealed = codec({}, K1).pack(pushPull(1), 'dialler');
    const plain = codec().pack(pushPull(1), 'dialler');
    expect(() => codec().decoder('listener').push(sealed)).toThrow('sealed, and no key is configured');
    expect(() => codec({}, K2).decoder('listener').push(sealed)).toThrow(failing('GOSSIP_WIRE_ENCRYPTION'));
    expect(() => codec({}, K1).decoder('listener').push(plain)).toThrow('stream of a dialler is not sealed');
    expect(codec({ verifyIncoming: false }, K1).decoder('listener').push(plain)).toEqual(pushPull(1));
    expect(codec({ verifyIncoming: false }, K1).decoder('listener').push(sealed)).toEqual(pushPull(1));
    expect(codec({ verifyOutgoing: false }, K1).pack(pushPull(1), 'dialler')).toEqual(plain);
  });

  it('ReadRemoteState_Limits, ReadUserMsg_Limit: refuses sizes at once, before the bytes come', () => {
    const header = (join: boolean, nodes: number, userStateLen: number): Uint8Array => {
      const out = new MsgpackWriter();
      out.byte(6);
      out.mapHeader(3);
      out.text('Join');
      out.bool(join);
      out.text('Nodes');
      out.int(nodes);
      out.text('UserStateLen');
      out.int(userStateLen);
      return out.finish();
    };
    const push = (bytes: Uint8Array) => (): unknown => codec().decoder('listener').push(bytes);
    expect(push(header(true, STREAM_LIMITS.maxNodes + 1, 0))).toThrow(failing('GOSSIP_WIRE_LIMIT'));
    expect(push(header(true, 0, STREAM_LIMITS.maxUserStateBytes + 1))).toThrow(failing('GOSSIP_WIRE_LIMIT'));
    expect(push(header(true, -1, 0))).toThrow(failing('GOSSIP_WIRE_RANGE'));
    expect(push(header(true, 0, -1))).toThrow(failing('GOSSIP_WIRE_RANGE'));
    expect(push(header(true, STREAM_LIMITS.maxNodes, STREAM_LIMITS.maxUserStateBytes))()).toBeUndefined();
    expect(push(unhex('0881aa557365724d73674c656ece01400001'))).toThrow(failing('GOSSIP_WIRE_LIMIT'));
    expect(push(unhex('0a01400001'))).toThrow('stream is sealed');
    expect(() => codec({}, K1).decoder('listener').push(unhex('0a01400001'))).toThrow(failing('GOSSIP_WIRE_LIMIT'));
    expect(codec({}, K1).decoder('listener').push(unhex('0a01400000'))).toBeUndefined();
  });

  it('DecompressPayload_Limit: refuses a stream that inflates beyond the limit', () => {
    const streamLimits = { ...STREAM_LIMITS, maxInflatedBytes: 10_000 };
    const bytes = codec().pack(pushPull(1, 20_000), 'dialler');
    expect(bytes.length).toBeLessThan(1000);
    expect(() => codec({ streamLimits }).decoder('listener').push(bytes)).toThrow(failing('GOSSIP_WIRE_LIMIT'));
  });

  it('refuses a stream that grows beyond the limit, and entries without name', () => {
    const streamLimits = { ...STREAM_LIMITS, maxStreamBytes: 10_000 };
    const bytes = codec({ compression: false }).pack(pushPull(1, 20_000), 'dialler');
    const own = codec({ streamLimits });
    expect(() => own.decoder('listener').push(bytes.subarray(0, 500))).toThrow(failing('GOSSIP_WIRE_LIMIT'));
    expect(() => codec().decoder('listener').push(unhex('0681a54e6f64657302c0c0'))).toThrow('entry without name');
  });

  it('does not read one item again and again: entries and compressed heads are bounded', () => {
    const endless = Uint8Array.of(...unhex('0681a54e6f64657301' + '81a158ddffffffff'));
    expect(() => codec().decoder('listener').push(endless)).not.toThrow();
    const decoder = codec().decoder('listener');
    decoder.push(endless);
    expect(() => decoder.push(new Uint8Array(9000))).toThrow(failing('GOSSIP_WIRE_LIMIT'));
    const hiding = codec().decoder('listener');
    hiding.push(unhex('0982a158ddffffffff'));
    expect(() => {
      for (let i = 0; i < 100; i++) hiding.push(new Uint8Array(1000));
    }).toThrow('compressed stream hides its length');
  });

  it('what is whole and holds a cut message is refused, not waited for', () => {
    const cut = encodeStreamMessage(pushPull(2)).subarray(0, 60);
    const seal = (inner: Uint8Array): Uint8Array => {
      const frame = streamFrame(1, inner.length);
      const options = { version: 1, key: K1, aad: frame, nonce: nodeAead.nonce() } as const;
      return Uint8Array.of(...frame, ...sealEnvelope(inner, options, nodeAead));
    };
    const compressed = compress(cut);
    expect(() => codec().decoder('listener').push(compressed)).toThrow('message inside the layers is cut');
    for (const inner of [cut, compressed, compressed.subarray(0, 20), new Uint8Array()]) {
      expect(() => codec({}, K1).decoder('listener').push(seal(inner))).toThrow('message inside the layers is cut');
    }
    expect(codec().decoder('listener').push(compressed.subarray(0, 20))).toBeUndefined();
  });

  it.each(['01', '03', '07', '0c', '63', 'f4'])('a listener refuses type %s', (hex) => {
    expect(() =>
      codec()
        .decoder('dialler')
        .push(unhex(`${hex}80`)),
    ).toThrow(failing('GOSSIP_WIRE_MESSAGE'));
  });

  it('says what is missing when the other end closes early', () => {
    const decoder = codec().decoder('listener');
    expect(() => decoder.end()).toThrow('closed after 0 bytes, 1 needed');
    decoder.push(codec({ compression: false }).pack(pushPull(1, 1000), 'dialler').subarray(0, 200));
    expect(() => decoder.end()).toThrow(failing('GOSSIP_WIRE_TRUNCATED'));
  });
});
