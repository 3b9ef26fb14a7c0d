import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startRegistry } from "../../../doubles/registry.ts";
import { prepareEngine, takeBridgePlace } from "../../../doubles/bridge.ts";
import { dagger, runIn, type Called } from "../../dagger.ts";

const fixture = fileURLToPath(new URL("../../../fixtures/modules/hello", import.meta.url));
const bin = fileURLToPath(new URL("../../../../bin/fairlead.ts", import.meta.url));

let folder: string;
let hello: string;
let root: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-sdk-"));
  hello = join(folder, "hello");
  root = join(folder, "root");
  await cp(fixture, hello, { recursive: true });
  await mkdir(join(root, "bin"), { recursive: true });
  await cp("/bin/busybox", join(root, "bin", "busybox"), { dereference: true });
  await symlink("busybox", join(root, "bin", "sh"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Returns the value of a function; throws if it failed. */
async function call(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, result, said } = await dagger(hello, ["call", ...args], env);
  if (code !== 0) throw new Error(`dagger call ${args.join(" ")} ended with ${String(code)}:\n${said}`);
  return result;
}

/** Returns the last lines of a failed call. */
function failure({ code, said }: Called): { readonly code: number | null; readonly error: string | undefined } {
  return { code, error: /^Error: (.*?)(?: \[traceparent:.*)?$/m.exec(said)?.[1] };
}

test("a shell with `fairlead engine env` has a dagger that lists a module's functions", async () => {
  await prepareEngine();
  const script = `eval "$("${process.execPath}" "${bin}" engine env)" && dagger functions`;
  const { code, result, said } = await runIn(hello, "sh", ["-c", script], process.env);
  expect({ code, result }, said).toEqual({
    code: 0,
    result: expect.stringMatching(/^Name +Description\nask +Asks the module that this one depends on\.\nbox /) as string,
  });
});

test("module functions take and return strings, booleans, enums and lists, with defaults and constructor arguments", async () => {
  expect(await call(["greet", "--loud"])).toBe("HELLO, WORLD");
  expect(await call(["--name", "you", "greet", "--loud=false", "--mood", "Grumpy", "--titles", "Dr,Prof"])).toBe("Oh, Dr Prof you");
});

test("module functions take and return folders, files and secrets", async () => {
  expect(await call(["list"])).toBe("one.txt"); // the default path, without what it ignores
  expect(await call(["list", "--folder", "greeting"])).toBe(""); // which is ignored in what is given too
  expect(await call(["--name", "you", "write", "--folder", "files", "file", "--path", "hello.txt", "contents"])).toBe("Hello, you");
  expect(await call(["measure", "--secret", "env:MEASURED"], { MEASURED: "12345" })).toBe("5");
});

test("a module can import npm packages and other modules", async () => {
  expect(await call(["paint", "--text", "hi"])).toBe("hi");
  expect(await call(["ask"])).toBe("Good day, world");
});

test("a module imports files of its folder beside src, by their paths and by names of its package.json", async () => {
  expect(await call(["far"])).toBe("far, further");
});

test("a module can use a container, and a failed command in it is reported", async () => {
  expect(await call(["box", "--root", root, "with-exec", "--args", "/bin/sh,-c,echo $NAME", "stdout"])).toBe("world");
  const failed = await dagger(hello, ["call", "fail", "--root", root]);
  expect(failure(failed)).toEqual({ code: 3, error: "exit code: 3" });
  expect(failed.said).toContain("\nStdout:\nsaid before\nStderr:\nsaid at the end\n");
});

test("the message of a thrown error is the call's error", async () => {
  expect(failure(await dagger(hello, ["call", "throw"]))).toEqual({ code: 1, error: "no greeting for world" });
});

test("a function's result is cached, unless the function forbids it", async () => {
  expect(await call(["remember"])).toBe(await call(["remember"]));
  expect(await call(["roll"])).not.toBe(await call(["roll"]));
});

test("an edited module runs its new code with the packages that were installed before", async () => {
  const file = join(hello, "src", "index.ts");
  await writeFile(file, (await readFile(file, "utf8")).replace('"Hello,"', '"Good morning,"'));
  const { code, result, said } = await dagger(hello, ["call", "--progress=plain", "-vvv", "greet", "--loud=false"]);
  expect({ code, result }, said).toEqual({ code: 0, result: "Good morning, world" });
  expect(said).toContain("npm"); // what it was asked for is shown, what it did is not
  expect(said).not.toMatch(/added \d+ packages?/);
});

test("a module with a mistake in a file says which", async () => {
  const broken = join(folder, "broken");
  await cp(hello, broken, { recursive: true });
  await writeFile(join(broken, "lib", "further.ts"), "export const place = ;\n");
  expect(await dagger(broken, ["call", "throw"])).toMatchObject({ code: 1, said: expect.stringContaining("no greeting for world") as string });
  const failed = await dagger(broken, ["call", "far"]);
  expect(failed.code).toBe(1);
  expect(failed.said).toMatch(/further\.ts:1:\d+: ERROR: Unexpected ";"/);
});

test("dagger develop writes the SDK beside a module, and the module still runs", async () => {
  const before = await readFile(join(hello, "package.json"), "utf8");
  expect(await dagger(hello, ["develop"])).toMatchObject({ code: 0 });
  expect(await readFile(join(hello, "sdk", "dagger", "api", "client.gen.ts"), "utf8")).toContain("class Greeting extends BaseClient");
  expect(await readFile(join(hello, "package.json"), "utf8")).toBe(before);
  expect(await call(["greet", "--loud"])).toBe("GOOD MORNING, WORLD");
});

test("a module publishes a container to a plain-HTTP registry on the engine's bridge", async () => {
  await using place = await takeBridgePlace();
  await using registry = await startRegistry(place);
  const address = `${registry.host}/box:1`;
  expect(await call(["box", "--root", root, "publish", "--address", address])).toMatch(
    new RegExp(`^${address.replaceAll(".", "\\.")}@sha256:[\\da-f]{64}$`),
  );
});

test.for([
  ["go", {}, "load module other: the native engine runs modules in TypeScript, and this one is in Go"],
  ["python", {}, "load module other: the native engine runs modules in TypeScript, and this one is in python"],
  [
    "typescript",
    { "package.json": '{ "dagger": { "runtime": "bun" } }' },
    "load module other: the native engine runs modules with Node 24, and package.json asks for bun",
  ],
  [
    "typescript",
    { "package.json": '{ "dagger": { "baseImage": "node:24-alpine" } }' },
    "load module other: the native engine has one image for modules, and package.json asks for node:24-alpine",
  ],
  ["typescript", { "deno.json": "{}" }, "load module other: the native engine runs modules with Node, and this one is for Deno"],
] as const)("a module that cannot run here fails with one line: %s %o", async ([source, files, line]) => {
  const other = await mkdtemp(join(folder, "other-"));
  await chmod(other, 0o755);
  const all = { "dagger.json": JSON.stringify({ name: "other", engineVersion: "v0.19.10", sdk: { source } }), ...files };
  await Promise.all(Object.entries(all).map(([name, content]) => writeFile(join(other, name), content)));
  const { code, said } = await dagger(other, ["functions"]);
  expect(code).toBe(1);
  expect(said).toContain(line);
});
