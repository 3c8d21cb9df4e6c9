/** For tests of whatever uses the store. */
export { jsonCodec } from './json-codec.ts';
