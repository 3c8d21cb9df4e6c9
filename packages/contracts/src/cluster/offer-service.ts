import { asBuffer } from '../server/as-buffer.ts';
import { implicit, list, required } from '../wire/field.ts';
import { choice, flag, text } from '../wire/kind.ts';
import { decode, encode, message, sub, type Message } from '../wire/message.ts';

/** Where an executor or a processor comes from: part of the node, or a program that the node hosts. */
export type OfferSource = 'built_in' | 'plugin';

/** An executor or a processor of a node. */
export interface Offer {
  /** As jobs name it. */
  readonly name: string;
  readonly source: OfferSource;
  /** Whether it can be used now. */
  readonly available: boolean;
  /** JSON Schema of its configuration, as JSON; `''` = it does not tell. */
  readonly configSchema: string;
}

/** What a node has for jobs; each list ascends by name. */
export interface NodeOffers {
  readonly executors: readonly Offer[];
  readonly processors: readonly Offer[];
}

const offer: Message<Offer> = message('Offer', {
  name: implicit(1, text, ''),
  source: required(2, choice<OfferSource>('offer source', ['built_in', 'plugin'])),
  available: implicit(3, flag, false),
  configSchema: implicit(4, text, ''),
});

const offers: Message<NodeOffers> = message('ListOffersResponse', {
  executors: list(1, sub(offer)),
  processors: list(2, sub(offer)),
});

const nothing: Message<object> = message('ListOffersRequest', {});
/** A newer peer may send fields that we do not know yet. */
const LENIENT = { strict: false } as const;

/** `dkron.cluster.v1.OfferService` as a grpc-js service definition, for both ends. */
export const offerService = {
  listOffers: {
    path: '/dkron.cluster.v1.OfferService/ListOffers',
    requestStream: false,
    responseStream: false,
    requestSerialize: (request: object): Buffer => asBuffer(encode(nothing, request)),
    requestDeserialize: (bytes: Buffer): object => decode(nothing, bytes, LENIENT),
    responseSerialize: (answer: NodeOffers): Buffer => asBuffer(encode(offers, answer)),
    responseDeserialize: (bytes: Buffer): NodeOffers => decode(offers, bytes, LENIENT),
  },
} as const;
