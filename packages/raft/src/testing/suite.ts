/** The two functions a contract suite needs, so that it depends on no test runner. */
export interface SuiteFunctions {
  readonly describe: (name: string, body: () => void) => void;
  readonly it: (name: string, body: () => Promise<void>) => void;
}
