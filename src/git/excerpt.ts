/** The beginning and the end of a text of any length. */
export interface Excerpt {
  add(chunk: Buffer): void;
  /** Returns the text, or its two ends with a line between them that counts what was left out. */
  text(): string;
}

/** Returns an excerpt that keeps this many bytes of each end. */
export function createExcerpt(kept = 64 * 2 ** 10): Excerpt {
  const head: Buffer[] = [];
  let tail: Buffer[] = [];
  let [headSize, tailSize, left] = [0, 0, 0];
  /** It is cut when it is twice as long: a text may come in very many small parts. */
  const cut = (longest: number): void => {
    if (tailSize <= longest) return;
    tail = [Buffer.concat(tail).subarray(tailSize - kept)];
    left += tailSize - kept;
    tailSize = kept;
  };
  return {
    add(chunk) {
      const room = Math.min(kept - headSize, chunk.length);
      if (room > 0) head.push(chunk.subarray(0, room));
      headSize += room;
      tail.push(chunk.subarray(room));
      tailSize += chunk.length - room;
      cut(2 * kept);
    },
    text() {
      cut(kept);
      const ends = [Buffer.concat(head), Buffer.concat(tail)].map(String);
      return ends.join(left === 0 ? "" : `\n… ${left} bytes …\n`);
    },
  };
}
