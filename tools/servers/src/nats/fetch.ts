/** What came of looking for a program at one source; its owner copies the file and cleans up. */
export type Fetch = { kind: 'fetched'; path: string; cleanUp: () => void } | { kind: 'failed'; reason: string };
