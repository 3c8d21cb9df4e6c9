/** All processors of this package, as a server has them. */
export type { AllProcessorsOptions } from './all-processors.ts';
export { allProcessors } from './all-processors.ts';
