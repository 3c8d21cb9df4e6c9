import { describe, expect, it } from 'vitest';
import { parseQuery } from './query-text.ts';

describe('parseQuery', () => {
  it.each([
    ['', {}],
    ['a=1&b=2', { a: '1', b: '2' }],
    ['a=1&a=2&a=3', { a: ['1', '2', '3'] }],
    ['pretty', { pretty: '' }],
    ['a=b=c', { a: 'b=c' }],
    ['a+b=c%20d', { 'a b': 'c d' }],
    ['q=%C3%A4&r=%ff', { q: 'ä', r: '\ufffd' }],
    ['q=ä', { q: 'ä' }],
    ['%zz=1&q=%z&x=1', { x: '1' }],
    ['a;b&c=1;2&d=3', { d: '3' }],
    ['&&=', { '': '' }],
    ['__proto__=1', { ['__proto__']: '1' }],
  ])('%j', (text, expected) => {
    expect(Object.entries(parseQuery(text))).toEqual(Object.entries(expected));
  });
});
