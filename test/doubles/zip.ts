/** ZIP archives as GitHub's artifacts are: written in one go, so that sizes stand in the directory alone. */
import { crc32, deflateRawSync } from "node:zlib";

/** Returns an archive of files, packed unless told. */
export function zipOf(files: Readonly<Record<string, string>>, { stored = false } = {}): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const bytes = Buffer.from(text);
    const data = stored ? bytes : deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x08, 2); // the sizes come behind the file
    common.writeUInt16LE(stored ? 0 : 8, 4);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const known = Buffer.from(common);
    known.writeUInt32LE(crc32(bytes), 10);
    known.writeUInt32LE(data.length, 14);
    known.writeUInt32LE(bytes.length, 18);
    const own = Buffer.concat([mark(0x04034b50), common, Buffer.from(name), data, mark(0x08074b50), known.subarray(10, 22)]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([mark(0x02014b50), Buffer.from([20, 0]), known, rest, Buffer.from(name)]));
    parts.push(own);
    at += own.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, ...directory, mark(0x06054b50), end]);
}

function mark(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
