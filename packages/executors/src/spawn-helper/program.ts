import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Which program a helper process is. */
export type HelperKind = 'perl' | 'node';

/** How a helper process is started. */
export interface HelperProgram {
  readonly kind: HelperKind;
  readonly command: string;
  readonly args: readonly string[];
  /** Of the server's environment, what is not for the helper itself; its children still get it. */
  readonly hidden: readonly string[];
  /** For the helper itself; it hides them from its children. */
  readonly env: Readonly<Record<string, string>>;
}

/** The source folder is part of the package: a script needs no build. */
const PERL_FILE = fileURLToPath(new URL('../../src/spawn-helper/helper.pl', import.meta.url));
/** The file beside this one, with this one's ending: helpers run from source and from the build. */
const NODE_FILE = fileURLToPath(new URL(`./helper-main${extname(fileURLToPath(import.meta.url))}`, import.meta.url));

/**
 * `perl`: a fork of its 5 MB costs a fifth of a millisecond, and Debian, most other distributions and macOS have it.
 * `node`: always there; a fork of its 50 MB costs over a millisecond. A small heap and few threads keep it from more.
 */
export const HELPER_PROGRAMS: Readonly<Record<HelperKind, HelperProgram>> = {
  perl: {
    kind: 'perl',
    command: 'perl',
    args: [PERL_FILE],
    hidden: ['PERL5OPT', 'PERL5LIB', 'PERLLIB', 'PERL5DB', 'PERL_UNICODE', 'PERLIO', 'LC_ALL', 'LD_BIND_NOW'],
    env: { LC_ALL: 'C', LD_BIND_NOW: '1' },
  },
  node: {
    kind: 'node',
    command: process.execPath,
    args: ['--single-threaded', '--max-semi-space-size=1', '--max-old-space-size=256', NODE_FILE],
    hidden: ['NODE_OPTIONS', 'NODE_V8_COVERAGE'],
    env: {},
  },
};
