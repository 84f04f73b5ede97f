// One entry of a zip archive. Node has no reader, and a minimal system no unzip.
import { inflateRawSync } from 'node:zlib';

const endMark = 0x06054b50;
const centralMark = 0x02014b50;

/** Sizes come from the central directory: a local header may leave them out. */
export function entryOf(archive: Buffer, wanted: string): Buffer {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== endMark) end -= 1;
  if (end < 0) throw new RangeError('not a zip archive');
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== centralMark) throw new RangeError('a damaged zip archive');
    const [nameLength, extraLength, commentLength] = [archive.readUInt16LE(at + 28), archive.readUInt16LE(at + 30), archive.readUInt16LE(at + 32)];
    if (archive.toString('utf8', at + 46, at + 46 + nameLength) === wanted) return content(archive, at);
    at += 46 + nameLength + extraLength + commentLength;
  }
  throw new RangeError(`the archive holds no ${wanted}`);
}

function content(archive: Buffer, central: number): Buffer {
  const local = archive.readUInt32LE(central + 42);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(start, start + archive.readUInt32LE(central + 20));
  return archive.readUInt16LE(central + 10) === 0 ? packed : inflateRawSync(packed);
}
