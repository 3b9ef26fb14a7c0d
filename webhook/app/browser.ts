import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/** Returns the program that opens pages here; undefined where there is no display. */
function opener(env: Env): string | undefined {
  if (process.platform === "darwin") return "open";
  return [env.DISPLAY, env.WAYLAND_DISPLAY].some((each) => (each ?? "") !== "") ? "xdg-open" : undefined;
}

/**
 * Opens a page in the person's browser, and returns what takes away what was needed for it; undefined where nothing here opens pages. The address does
 * not stand among the arguments of a program, where other users of the machine could read it: a file of the person's own leads there.
 */
export async function openBrowser(url: string, env: Env): Promise<AsyncDisposable | undefined> {
  const program = opener(env);
  if (program === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "fairlead-page-"));
  const file = join(folder, "create-app.html");
  const html = `<!doctype html><html lang="en"><title>Create the App</title><meta http-equiv="refresh" content="0;url=${url}"><a href="${url}">Create the App</a>`;
  await writeFile(file, html, { mode: 0o600 });
  const started = await new Promise<boolean>((resolve) => {
    const child = spawn(program, [file], { stdio: "ignore", detached: true });
    child.once("error", () => resolve(false)).once("spawn", () => resolve(true));
    child.unref();
  });
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  if (started) return { [Symbol.asyncDispose]: remove };
  await remove();
  return undefined;
}
