/** A journal in a file, and the end of process groups that outlived their worker. */
export { FileJournalStorage } from './file-storage.ts';
export { ProcProcessControl } from './process-control.ts';
