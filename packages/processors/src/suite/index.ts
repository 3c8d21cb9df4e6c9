/** What every processor must do, as tests. Takes the functions of the test runner, so any runner will do. */
export type { ProcessorCase, ProcessorSuiteOptions, ProcessorSuiteRunner } from './processor-suite.ts';
export { processorSuite } from './processor-suite.ts';
