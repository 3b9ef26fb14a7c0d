/** Bytes of a secret that are known again in hex or base64: so many of random data are nobody else's. */
const windowSize = 8;

/** The parts of secrets that are known again within encoded text. */
export interface SecretWindows {
  /** Their first four bytes as a number, which is looked up fast. */
  readonly starts: Set<number>;
  /** In Latin-1: a byte a letter. */
  readonly parts: Set<string>;
}

/** Adds all parts of a secret: a program may begin a new line anywhere, as `base64` does after 76 letters and `xxd -p` after 60. */
export function addWindows({ starts, parts }: SecretWindows, value: string): void {
  const bytes = Buffer.from(value);
  for (let at = 0; at + windowSize <= bytes.length; at++) {
    starts.add(bytes.readUInt32LE(at));
    parts.add(bytes.toString("latin1", at, at + windowSize));
  }
}

/** Returns the text with `***` in place of each run of hex or base64 that holds a part of a secret, at whatever position it begins. */
export function redactEncoded(text: string, windows: SecretWindows): string {
  if (windows.parts.size === 0) return text;
  return text.replace(/[\w+/-]{11,}={0,2}/g, (run) => (decodings(run).some((bytes) => holds(bytes, windows)) ? "***" : run));
}

/** A run may begin within a byte: hex at either of two digits, base64 at any of four letters. */
function decodings(run: string): readonly Buffer[] {
  const hex = /^[\da-f]+$/i.test(run) ? [0, 1].map((skipped) => Buffer.from(run.slice(skipped), "hex")) : [];
  return [...hex, ...[0, 1, 2, 3].map((skipped) => Buffer.from(run.slice(skipped), "base64"))];
}

function holds(bytes: Buffer, { starts, parts }: SecretWindows): boolean {
  for (let at = 0; at + windowSize <= bytes.length; at++) {
    if (starts.has(bytes.readUInt32LE(at)) && parts.has(bytes.toString("latin1", at, at + windowSize))) return true;
  }
  return false;
}
