/** What every `JournalStorage` must do, whatever it keeps its bytes in. */
export type { JournalStorageSuiteOptions } from './journal-storage.ts';
export { journalStorageSuite } from './journal-storage.ts';
