export type { StartErrorCode } from '@dkron/config/parts';
export { StartError } from '@dkron/config/parts';
