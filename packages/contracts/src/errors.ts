import { DkronError } from '@dkron/runtime';

/** A value cannot be written as the contract says, or bytes are not what the contract says. Never to be ignored. */
export class ContractError extends DkronError<'contract', Record<string, never>> {
  constructor(message: string, options?: ErrorOptions) {
    super('contract', message, {}, options);
  }
}
