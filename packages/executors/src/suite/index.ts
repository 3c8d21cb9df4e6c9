/** What every executor must do, as tests. Takes the functions of the test runner, so any runner will do. */
export type { ExecutorSuiteOptions, ExecutorSuiteRunner } from './executor-suite.ts';
export { executorSuite } from './executor-suite.ts';
