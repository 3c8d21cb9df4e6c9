import { REDACTED, withoutCredentials } from '@dkron/runtime';

const SECRET = /(password|passwd|secret|token|key|encrypt|webhook|payload|cronitor|auth)/i;

/** A command line whose secrets are cut out: values of flags that can hold one, and credentials inside other texts. */
export function redactedArguments(args: readonly string[]): readonly string[] {
  let isSecret = false;
  return args.map((text) => {
    if (isSecret) {
      isSecret = false;
      return REDACTED;
    }
    const flag = /^--?([^=]+)(=.*)?$/s.exec(text);
    if (flag === null) return withoutCredentials(text);
    const [, name = '', value] = flag;
    if (!SECRET.test(name)) return withoutCredentials(text);
    isSecret = value === undefined;
    return value === undefined ? text : `--${name}=${REDACTED}`;
  });
}
