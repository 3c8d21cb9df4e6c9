export { StartError } from '@dkron/config/parts';
