import { expect, it } from 'vitest';
import { type IdentityFacts, type IdentityLike, IdentityFormationStore } from './identity-store.ts';

const record = { region: 'r', attempt: 3, members: [{ id: 'a', birth: '01' }] };

function identityOf(facts: IdentityFacts | undefined): IdentityLike & { facts: IdentityFacts | undefined } {
  const identity = {
    facts,
    load: async () => identity.facts,
    update: async ({ markers }: { readonly markers: Readonly<Record<string, string>> }) => {
      const merged = Object.entries({ ...identity.facts?.markers, ...markers }).filter(([, value]) => value !== '');
      identity.facts = { ...identity.facts!, markers: Object.fromEntries(merged) };
      return identity.facts;
    },
  };
  return identity;
}

it('what was promised is read back, and released, beside markers of others', async () => {
  const identity = identityOf({ birth: '01', markers: { joined: 'x' } });
  const store = new IdentityFormationStore(identity);
  expect(await store.load()).toEqual({ birth: '01', clusterId: '', attempt: 0 });
  const pledged = { birth: '01', clusterId: '', attempt: 3, pledge: record };
  expect(await store.update({ attempt: 3, pledge: record })).toEqual(pledged);
  expect(await new IdentityFormationStore(identity).load()).toEqual(pledged);
  expect(await store.update({ pledge: null })).toEqual({ birth: '01', clusterId: '', attempt: 3 });
  expect(identity.facts!.markers).toEqual({ joined: 'x', attempt: '3' });
});

it.each([
  [undefined, /no identity/],
  [{ birth: '01', markers: { attempt: '-1' } }, /attempt/],
  [{ birth: '01', markers: { pledge: '{}' } }, /no record/],
  [{ birth: '01', markers: { pledge: '{"region":"r","attempt":1,"members":[]}' } }, /no members/],
])('what is damaged is not taken for something else: %o', async (facts, text) => {
  await expect(new IdentityFormationStore(identityOf(facts)).load()).rejects.toThrow(text);
});
