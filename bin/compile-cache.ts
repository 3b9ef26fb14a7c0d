// Keeps the compiled code of the bundle for the next start: this has to be on before its first module is loaded.
import { mkdirSync } from "node:fs";
import module from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Tells whether the folder that Node keeps compiled code in is there. Node itself tries without end where it cannot be made, as in /proc. */
function hasFolder(): boolean {
  try {
    mkdirSync(join(tmpdir(), "node-compile-cache"));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EEXIST";
  }
}

if (hasFolder()) module.enableCompileCache();
