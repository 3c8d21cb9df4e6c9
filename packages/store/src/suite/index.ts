/** What every `KeyValue` must do. Takes the test functions, so it depends on no test runner. */
export { keyValueSuite } from './key-value-suite.ts';
export type { KeyValueFactory, SuiteFunctions } from './key-value-suite.ts';
