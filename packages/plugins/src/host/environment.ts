import { COOKIE } from '../settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Passed on to every plugin where they are set: what programs need, and what the original's own plugins read. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LANGUAGE',
  'TZ',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'GOOGLE_CLOUD_PROJECT',
  'PUBSUB_EMULATOR_HOST',
  'FLUENTBIT_HOST',
  'FLUENTBIT_PORT',
  'FLUENTBIT_TAG',
];
const PROXY = /^(https?|no|all)_proxy$/i;
const LOCALE = /^LC_/;

/**
 * The environment of a plugin: of the host's own only what plugins need, since it may hold secrets.
 *
 * @param names further variables to pass on; `*` = all
 * @param directory where it makes its sockets
 * @param versions of the application's protocol that it may choose from
 */
export function pluginEnvironment(
  own: Environment,
  names: readonly string[],
  directory: string,
  versions: readonly number[],
): Record<string, string> {
  const isPassed = (name: string): boolean =>
    names.includes('*') || names.includes(name) || PASSED_ON.includes(name) || PROXY.test(name) || LOCALE.test(name);
  const passed = Object.entries(own).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined && isPassed(entry[0]) && !entry[0].startsWith('PLUGIN_');
  });
  return {
    ...Object.fromEntries(passed),
    [COOKIE.variable]: COOKIE.value,
    PLUGIN_MIN_PORT: '10000',
    PLUGIN_MAX_PORT: '25000',
    PLUGIN_PROTOCOL_VERSIONS: versions.join(','),
    PLUGIN_UNIX_SOCKET_DIR: directory,
    // For plugins too old to know the variable above.
    TMPDIR: directory,
  };
}
