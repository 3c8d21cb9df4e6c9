/** Of pages that are made from the program. */
export const NOTICE =
  '<!-- Made by `pnpm --filter @dkron/cli run generate:docs`; change the program, not this page. -->';
