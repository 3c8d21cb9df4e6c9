/** Release of the original whose behaviour this server answers with. */
export const VERSION = '4.1.2';
