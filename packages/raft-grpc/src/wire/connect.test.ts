import { describe, expect, it } from 'vitest';
import { isRefusal, placeOf } from './connect.ts';

describe('placeOf', () => {
  it('takes names and addresses of both kinds', () => {
    expect(placeOf('raft.example:8946')).toEqual({ host: 'raft.example', port: 8946 });
    expect(placeOf('10.0.0.1:1')).toEqual({ host: '10.0.0.1', port: 1 });
    expect(placeOf('[fe80::1%eth0]:65535')).toEqual({ host: 'fe80::1%eth0', port: 65_535 });
  });

  it('refuses everything else', () => {
    for (const addr of ['', 'a', 'a:', ':1', 'a:65536', '::1:80', '[::1]', 'http://a:1', 'a b:1', 'a@b:1', 'a:1/x']) {
      expect(() => placeOf(addr), addr).toThrow(TypeError);
    }
  });
});

describe('isRefusal', () => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  const lost = Object.assign(new Error('lost'), { code: 'ETIMEDOUT' });

  it('needs that every address of the host refused', () => {
    expect(isRefusal(refused)).toBe(true);
    expect(isRefusal(new AggregateError([refused, refused]))).toBe(true);
    expect(isRefusal(lost)).toBe(false);
    expect(isRefusal(new AggregateError([refused, lost]))).toBe(false);
    expect(isRefusal(new AggregateError([]))).toBe(false);
  });
});
