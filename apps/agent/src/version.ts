/** Release of the original whose behaviour this agent answers with. */
export const VERSION = '4.1.2';
