// The sandbox's memory across a restart.
// 1. A change is in the file before it is visible: what a reader saw is never forgotten by a kill of the process.
//    (Written, not synced: a make-believe system of record need not outlive the machine.)
// 2. The file is rewritten without what was overtaken when it is opened, and only then appended to, so a line torn
//    by a kill can only be the last one.
// 3. One line a change: a JSON head, a tab (JSON escapes tabs, so it can't occur in the head), the record.
// 4. Lines of one commit are all there or none: each but the last says that `more` follow, and a file that ends before the
//    last one has forgotten the commit.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StewardError } from '@steward/platform';

export interface JournalLine {
  readonly collection: string;
  readonly id: string;
  readonly modifiedAt: number;
  readonly version: number;
  /** When a record stamped earlier becomes visible; null for at once. */
  readonly visibleAt: number | null;
  /** null for a deletion. */
  readonly json: string | null;
  /** The next line belongs to the same commit. */
  readonly more?: true;
}

export interface Journal {
  /** The lines are one commit. */
  readonly append: (lines: readonly JournalLine[]) => void;
  readonly close: () => void;
}

const CHUNK = 1 << 20;

/** For a sandbox without a data folder. */
export const forgetful: Journal = { append: () => undefined, close: () => undefined };

/** Replays the journal of a folder, then opens a compacted one; `keep` names the lines that still count. */
export function openJournal(folder: string, replay: (line: JournalLine) => void, keep: () => Iterable<JournalLine>): Journal {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'journal.ndjson');
  let commit: JournalLine[] = [];
  const gather = (line: JournalLine): void => {
    commit.push(line);
    if (line.more === true) return;
    for (const whole of commit) replay(whole);
    commit = [];
  };
  if (existsSync(file)) readLines(file, gather);
  const fresh = `${file}.new`;
  const written = openSync(fresh, 'w');
  let lines: string[] = [];
  for (const line of keep()) {
    lines.push(format(line));
    if (lines.length >= 1000) {
      writeAll(written, lines.join(''));
      lines = [];
    }
  }
  writeAll(written, lines.join(''));
  fsyncSync(written);
  renameSync(fresh, file);
  const append = (commit: readonly JournalLine[]): void => writeAll(written, commit.map((line, index) => format(index < commit.length - 1 ? { ...line, more: true } : line)).join(''));
  return { append, close: () => closeSync(written) };
}

function format(line: JournalLine): string {
  const { json, ...head } = line;
  return `${JSON.stringify(head)}\t${json ?? ''}\n`;
}

function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

// Not node:readline: it also ends lines at U+2028, which a record may contain.
function readLines(file: string, replay: (line: JournalLine) => void): void {
  const descriptor = openSync(file, 'r');
  const chunk = Buffer.alloc(CHUNK);
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
    let from = 0;
    for (let end = bytes.indexOf(10, from); end >= 0; end = bytes.indexOf(10, from)) {
      number += 1;
      replay(parse(bytes.toString('utf8', from, end), `${file}:${number}`));
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
  closeSync(descriptor);
}

function parse(text: string, place: string): JournalLine {
  const tab = text.indexOf('\t');
  try {
    const head = JSON.parse(text.slice(0, tab)) as Omit<JournalLine, 'json'>;
    return { ...head, json: tab === text.length - 1 ? null : text.slice(tab + 1) };
  } catch (cause) {
    throw new StewardError('SANDBOX_JOURNAL_CORRUPT', 'a line of the journal is not one', { cause, place, accepted: 'a journal written by the sandbox; delete the folder to start empty' });
  }
}
