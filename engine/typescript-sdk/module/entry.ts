// The process of one call: hands every TypeScript file of the module to the SDK, which registers the module's types or runs one function.
// The SDK is loaded before tsx is there, which would parse its megabytes at every call. Without a module nothing is left to do but to fill
// Node's compile cache.
import { entrypoint } from "@dagger.io/dagger";
import { useCompiled } from "./compiled.ts";
import { listFiles } from "./files.ts";

const [folder, tsconfig] = process.argv.slice(2);
const { register } = await import("tsx/esm/api");
if (folder !== undefined && tsconfig !== undefined) {
  register({ tsconfig });
  useCompiled(folder);
  await entrypoint(await listFiles(folder));
}
