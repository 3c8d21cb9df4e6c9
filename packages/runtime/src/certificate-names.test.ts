import { expect, it } from 'vitest';
import { certificateNames } from './certificate-names.ts';

it.each([
  [undefined, []],
  [{}, []],
  [{ subject: { CN: 'a' } }, ['a']],
  [{ subjectaltname: 'DNS:a.example, IP Address:10.0.0.1', subject: { CN: 'b' } }, ['a.example', '10.0.0.1', 'b']],
  [{ subjectaltname: 'DNS:a', subject: { CN: ['b', 'c'] } }, ['a']],
])('%j: %j', (certificate, names) => {
  expect(certificateNames(certificate)).toEqual(names);
});
