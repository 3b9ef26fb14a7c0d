import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** After how many bytes of new buffers, in bytes. */
const often = 2 * 1024 * 1024;
let since = 0;
let collect: ((options: { type: "minor" }) => void) | undefined;

/**
 * Collects the youngest garbage whenever this many bytes of buffers have come by. Node puts what it reads into buffers outside of V8's heap,
 * which V8 does not count when it decides to collect: copying a large blob would hold some 70 MB of buffers that nobody needs.
 */
export function freeYoungGarbage(bytes: number): void {
  since += bytes;
  if (since < often) return;
  since = 0;
  collect ??= exposeCollector();
  collect({ type: "minor" });
}

/** The one way to V8's collector without a flag on the command line. */
function exposeCollector(): (options: { type: "minor" }) => void {
  setFlagsFromString("--expose-gc");
  const exposed = runInNewContext("gc") as (options: { type: "minor" }) => void;
  setFlagsFromString("--no-expose-gc");
  return exposed;
}
