import type { FlagType } from '../flags/flag.ts';

/** 24 days: about what a timer of the platform can wait for. */
export const DURATION_MAX = '576h';

/** A century, for what is an age and not waited for. */
export const AGE_MAX = '876000h';

/** `used`: the node acts on it. Otherwise it is read and checked, and one line warns that it changes nothing, and why. */
export type Effect = 'used' | { readonly none: string };

interface Common {
  /** What it does: no full stop at the end. */
  readonly help: string;
  readonly effect: Effect;
  /** Name of the flag where it differs from the key; `false` = only in the file. */
  readonly flag?: string | false;
  /** Type of the flag where it is not that of the setting. */
  readonly flagType?: FlagType;
  /** Its value is never printed; `path` = only scheme and host of the address are. */
  readonly secret?: true | 'path';
  /** Not in the original. */
  readonly ours?: true;
}

/** One setting of a node: the single source of flags, variables, file keys, checks and the reference. */
export type Setting = Common &
  (
    | { readonly kind: 'bool'; readonly default: boolean }
    | { readonly kind: 'int'; readonly default: number; readonly min?: number; readonly max?: number }
    /** Text such as `1m30s`, as `min` (0s) and `max` ({@link DURATION_MAX}); the value is milliseconds. */
    | { readonly kind: 'duration'; readonly default: string; readonly min?: string; readonly max?: string }
    /** Text such as `1MiB`; the value is bytes. */
    | { readonly kind: 'size'; readonly default: string; readonly min: number }
    | {
        readonly kind: 'text';
        readonly default: string;
        readonly check?: TextCheck;
        /** How the reference names it. */
        readonly form?: string;
      }
    | { readonly kind: 'choice'; readonly default: string; readonly choices: readonly string[] }
    /** Host and port, templates such as `{{ GetPrivateIP }}` are put in. */
    | { readonly kind: 'address'; readonly default: string }
    | { readonly kind: 'list'; readonly default: readonly string[]; readonly check?: TextCheck; readonly form?: string }
    | { readonly kind: 'tags'; readonly default: Readonly<Record<string, string>> }
  );

/** @returns what would be allowed; undefined = the text is fine */
export type TextCheck = (text: string) => string | undefined;

export type Section = Readonly<Record<string, Setting>>;

/** What a setting's value is once it was read. */
export type ValueOf<S extends Setting> = S extends { readonly kind: 'bool' }
  ? boolean
  : S extends { readonly kind: 'int' | 'duration' | 'size' }
    ? number
    : S extends { readonly kind: 'list' }
      ? readonly string[]
      : S extends { readonly kind: 'tags' }
        ? Readonly<Record<string, string>>
        : string;
