/** What came of looking for a program at one source; its owner copies the file, or what it needs below `root`, and cleans up. */
export type Fetch = { kind: 'fetched'; path: string; root: string; cleanUp: () => void } | { kind: 'failed'; reason: string };
