// Compiles the files of a module, and those that they import, before its first call: compile.ts FOLDER TSCONFIG. One with a mistake is left: the call
// will tell it.
import { register } from "tsx/esm/api";
import { keepCompiled } from "./compiled.ts";
import { listFiles } from "./files.ts";

const [folder = "", tsconfig = ""] = process.argv.slice(2);
register({ tsconfig });
keepCompiled(folder);
await Promise.allSettled((await listFiles(folder)).map((file) => import(file)));
