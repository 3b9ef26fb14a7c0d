import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The interval between two collections, in bytes of new buffers. */
const often = 2 * 1024 * 1024;
let since = 0;
let collect: ((options: { type: "minor" }) => void) | undefined;

/**
 * Collects young garbage each time that many bytes of buffers have passed.
 * Node reads into buffers outside of V8's heap, which V8 does not count when it decides to collect. Copying a large
 * blob would hold some 70 MB of unused buffers.
 */
export function freeYoungGarbage(bytes: number): void {
  since += bytes;
  if (since < often) return;
  since = 0;
  collect ??= exposeCollector();
  collect({ type: "minor" });
}

/** The only way to V8's collector without a flag on the command line. */
function exposeCollector(): (options: { type: "minor" }) => void {
  setFlagsFromString("--expose-gc");
  const exposed = runInNewContext("gc") as (options: { type: "minor" }) => void;
  setFlagsFromString("--no-expose-gc");
  return exposed;
}
