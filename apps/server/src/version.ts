/** Release of the original whose behaviour this server answers with. */
export const VERSION = '4.1.2';

/** What this server calls itself towards other servers, and in backups. */
export const SOFTWARE = `dkron-ts ${VERSION}`;
