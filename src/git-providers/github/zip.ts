// The one file of a ZIP archive: GitHub keeps artifacts in one. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3)
import { inflateRawSync } from "node:zlib";
import { FairleadError } from "../../core/errors.ts";

const endMark = 0x06054b50;
const entryMark = 0x02014b50;
const fileMark = 0x04034b50;
/** Bytes of the end of an archive, of an entry of its directory, and of a file's own header, without what differs in length. */
const sizes = { end: 22, entry: 46, file: 30 } as const;

/**
 * Returns the one file of an archive, of at most so many bytes. Bytes that are no archive are the file itself: an artifact need not be archived.
 * Throws `input`, beginning with `doing`, for several files, for a longer one, and for what cannot be read.
 */
export function onlyFile(doing: string, bytes: Uint8Array, most: number): Uint8Array {
  const wrong = (why: string, cause?: unknown): FairleadError => new FairleadError("input", `${doing}: ${why}`, { cause });
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (archive.length < 4 || ![fileMark, endMark].includes(archive.readUInt32LE(0))) {
    if (archive.length > most) throw wrong(`it has more than ${most} bytes`);
    return archive;
  }
  try {
    return readOnly(archive, most, wrong);
  } catch (error) {
    if (error instanceof FairleadError) throw error;
    throw wrong("its archive cannot be read", error); // a place beyond its end, or bytes that were never packed
  }
}

function readOnly(archive: Buffer, most: number, wrong: (why: string) => FairleadError): Buffer {
  const end = archive.subarray(-(sizes.end + 0xffff)).lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  const at = Math.max(archive.length - (sizes.end + 0xffff), 0) + end;
  if (end < 0 || archive.readUInt32LE(at) !== endMark) throw wrong("its archive has no end");
  const count = archive.readUInt16LE(at + 10);
  if (count !== 1) throw wrong(`it has ${count} files, and one is expected`);
  const entry = archive.readUInt32LE(at + 16);
  if (archive.readUInt32LE(entry) !== entryMark) throw wrong("its archive has no directory");
  const method = archive.readUInt16LE(entry + 10);
  const [packed, unpacked] = [archive.readUInt32LE(entry + 20), archive.readUInt32LE(entry + 24)];
  if (unpacked > most) throw wrong(`its file has more than ${most} bytes`);
  const file = archive.readUInt32LE(entry + 42);
  const from = file + sizes.file + archive.readUInt16LE(file + 26) + archive.readUInt16LE(file + 28);
  const data = archive.subarray(from, from + packed);
  if (data.length > most) throw wrong(`its file has more than ${most} bytes`); // its directory may say otherwise
  if (method === 0) return data;
  if (method !== 8) throw wrong(`its archive is packed in the way ${method}, and 8 is expected`);
  return inflateRawSync(data, { maxOutputLength: most });
}
