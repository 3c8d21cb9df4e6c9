const SECRET = /(password|passwd|secret|token|key|encrypt|webhook|cronitor|auth)/i;
const CUT = '…';

/** A command line whose secrets are cut out: values of flags that can hold one, and credentials inside addresses. */
export function redactedArguments(args: readonly string[]): readonly string[] {
  let isSecret = false;
  return args.map((text) => {
    const flag = /^--?([^=]+)(=.*)?$/s.exec(text);
    if (flag === null) {
      const cut = isSecret;
      isSecret = false;
      return cut ? CUT : withoutCredentials(text);
    }
    const [, name = '', value] = flag;
    const secret = SECRET.test(name);
    isSecret = secret && value === undefined;
    return secret && value !== undefined ? `--${name}=${CUT}` : withoutCredentials(text);
  });
}

function withoutCredentials(text: string): string {
  return text.replaceAll(/\/\/[^/@\s]*@/g, `//${CUT}@`);
}
