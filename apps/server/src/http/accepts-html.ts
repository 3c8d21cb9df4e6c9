/**
 * Whether an `Accept` header takes a web page, read as the original reads it: letter case counts, weights do not, and an
 * empty header counts as none.
 */
export function acceptsHtml(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === '') return true;
  return accept.split(',').some((part) => ['*/*', 'text/*', 'text/html'].includes(part.split(';', 1)[0]!.trim()));
}
