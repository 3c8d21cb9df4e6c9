/** As the help names a flag's value; `strings` may be repeated and takes comma-separated values. */
export type FlagType = 'bool' | 'string' | 'strings' | 'int' | 'uint16' | 'duration';

export interface Flag {
  /** Without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly type: FlagType;
  /** As the help shows it; `''` = nothing to show. */
  readonly default?: string;
  readonly help: string;
}
