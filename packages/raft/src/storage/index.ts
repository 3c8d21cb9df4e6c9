/** Storage: write-ahead log, snapshots, and their twins in memory. */
export {};
