import { DkronError } from '@dkron/runtime';

/** A package that an executor needs is not there. */
export class MissingPackageError extends DkronError<'missing_package', { readonly packageName: string }> {
  constructor(user: string, packageName: string, options: ErrorOptions) {
    super(
      'missing_package',
      `${user}: the package ${packageName} is not installed, add it to this node: npm install ${packageName}`,
      { packageName },
      options,
    );
  }
}

/**
 * Loads an optional package once, when it is first asked for.
 *
 * @param user what needs it, for the error
 * @param load `() => import('the-package')`, written out so that types and bundlers see it
 * @returns rejects with {@link MissingPackageError}; asks again next time then
 */
export function peerPackage<Module>(
  user: string,
  packageName: string,
  load: () => Promise<Module>,
): () => Promise<Module> {
  let loading: Promise<Module> | undefined;
  return () => {
    loading ??= load().catch((cause: NodeJS.ErrnoException) => {
      loading = undefined;
      const missing = cause.code === 'ERR_MODULE_NOT_FOUND' || cause.code === 'MODULE_NOT_FOUND';
      throw missing && namesPackage(cause.message, packageName)
        ? new MissingPackageError(user, packageName, { cause })
        : cause;
    });
    return loading;
  };
}

/** Something else that is missing inside the package is no reason to install it again. */
function namesPackage(message: string, packageName: string): boolean {
  return [`'${packageName}'`, `'${packageName}/`].some((quoted) => message.includes(quoted));
}
