// A process of its own that holds a lock until it is killed: `node lock-process.ts PATH DOING`.
import { withLock } from "../../../../src/dagger/engine/native/lock.ts";

const [path = "", doing = ""] = process.argv.slice(2);
const options = { report: () => undefined, signal: new AbortController().signal };
await withLock(options, { path, doing }, async () => {
  process.stderr.write("locked\n");
  await new Promise((resolve) => setInterval(resolve, 2 ** 30));
});
