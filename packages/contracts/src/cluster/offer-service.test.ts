import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shape, word } from '../../test/arbitraries.ts';
import { ContractError } from '../errors.ts';
import { ListOffersResponse, OfferServiceService } from '../gen/dkron/cluster/v1/offers.ts';
import type { NodeOffers, Offer } from './offer-service.ts';
import { offerService } from './offer-service.ts';

const offer: fc.Arbitrary<Offer> = shape({
  name: word,
  source: fc.constantFrom('built_in', 'plugin' as const),
  available: fc.boolean(),
  configSchema: word,
});
const some = fc.array(offer, { maxLength: 4 });
const offers: fc.Arbitrary<NodeOffers> = shape({ executors: some, processors: some });
const { listOffers } = offerService;
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');

it('offers are read as they were written, with the bytes of the generated code', () => {
  fc.assert(
    fc.property(offers, (value) => {
      const wire = listOffers.responseSerialize(value);
      expect(isDeepStrictEqual(listOffers.responseDeserialize(wire), value)).toBe(true);
      expect(hex(ListOffersResponse.encode(ListOffersResponse.decode(wire)).finish())).toBe(hex(wire));
    }),
  );
});

it('an offer from a source that is not known cannot be read', () => {
  expect(() => listOffers.responseDeserialize(Buffer.from('0a021007', 'hex'))).toThrow(ContractError);
});

it('the service is that of the contract', () => {
  const { path, requestStream, responseStream } = listOffers;
  expect(OfferServiceService.listOffers).toMatchObject({ path, requestStream, responseStream });
  expect(Object.keys(offerService)).toStrictEqual(Object.keys(OfferServiceService));
  expect(listOffers.requestDeserialize(listOffers.requestSerialize({}))).toStrictEqual({});
});
