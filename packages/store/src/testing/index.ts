/** For tests of whatever uses the store. */
export { jobDefinition, NOTHING_SUBMITTED } from './fixtures.ts';
export { jsonCodec } from './json-codec.ts';
