import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCredentials } from "../../src/core/credentials.ts";
import { tokenSources } from "../../src/core/credential.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { openSecret } from "../../src/secrets.ts";
import { fairlead, type Ended } from "../cli.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { pushTwoPlatforms } from "../pipelines/images.ts";

const password = "canary-password";
let open: Registry;
let closed: Registry;
let folder: string;

beforeAll(async () => {
  open = await startRegistry();
  await pushTwoPlatforms({ host: open.host, repository: "acme/app" }, "tested");
  closed = await startRegistry({ users: { robot: password }, folder: open.folder });
  folder = await mkdtemp(join(tmpdir(), "fairlead-invisible-"));
});
afterAll(async () => {
  await Promise.all([closed[Symbol.asyncDispose](), rm(folder, { recursive: true })]);
  await open[Symbol.asyncDispose]();
});

/** Asks the registry for a digest with this password of a file, or of the variable PASSWORD. */
async function logIn(value: string | Buffer, from: "env" | "file"): Promise<Ended> {
  const file = join(folder, "password");
  await writeFile(file, value, { mode: 0o600 });
  const reference = from === "env" ? "env:PASSWORD" : `file:${file}`;
  const words = ["image", "digest", `${closed.host}/acme/app:tested`, "--registry-username", "robot", "--registry-password", reference];
  return await fairlead(words, { HOME: folder, ...(from === "env" && { PASSWORD: String(value) }) });
}

test.each(["", "\n", "\r\n"])("a password in a file that ends with %j logs in: that is the end of its line", async (end) => {
  expect(await logIn(`${password}${end}`, "file")).toMatchObject({ code: 0, stderr: "" });
});

test.each([
  ["env", `${password}\r`, "a carriage return (\\r) at its end"],
  ["env", `${password}\n`, "a line break (\\n) at its end"],
  ["file", `${password}\n\n`, "a line break (\\n) at its end"],
  ["file", `${password}\r\r\n`, "a carriage return (\\r) at its end"],
  ["file", `\ufeff${password}\n`, "a byte order mark (\\u{feff}) at its start"],
  ["file", Buffer.from(password, "utf16le"), "a zero byte (\\x00) within"],
  ["env", "canary\u200b-password", "an invisible character (\\u{200b}) within"],
  ["env", "canary\tpassword", "a tab (\\t) within"],
] as const)("a password of %s that holds what nobody sees is an error before it is sent: %j", async (from, value, what) => {
  const place = from === "env" ? "the variable PASSWORD" : `the file ${join(folder, "password")}`;
  const { code, stdout, stderr } = await logIn(value, from);
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: "",
    stderr: `fairlead: use secret registry-password: it has ${what}, in ${place}\nhint: keep nothing but the secret in ${place}\n`,
  });
});

test("a token that holds a line break is an error where it is used, and its secret itself may have lines", async () => {
  const reference = "cmd:printf 'one\\ntwo'";
  const secret = openSecret(reference, "token of github.com", createRedactor());
  const sources = tokenSources("file", [{ for: "github.com", kind: "token", secret }]);
  const credentials = createCredentials(sources, { now: () => 0, usernameFor: () => "x" });
  const token = await credentials.token({ resource: "github.com/acme/app", permissions: [], signal: AbortSignal.timeout(10_000) });
  await expect(token?.value.reveal()).rejects.toMatchObject({
    code: "input",
    message: "use secret token of github.com: it has a line break (\\n) within, in the output of its command",
    hint: "keep nothing but the secret in the output of its command",
  });
  expect(format("%s", token?.value)).toBe("[secret token of github.com]");
  expect(await secret.reveal()).toBe("one\ntwo");
});
