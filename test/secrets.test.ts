import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { format, inspect } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { FairleadError } from "../src/core/errors.ts";
import { createRedactor } from "../src/core/secret.ts";
import { openSecret, secretFileWarning, secretValue } from "../src/secrets.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-test-secrets-"));
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(() => rm(folder, { recursive: true }));

async function write(text: string): Promise<string> {
  const path = join(folder, `secret-${Math.random()}`);
  await writeFile(path, text);
  return path;
}

const reveal = (reference: string): Promise<string> => openSecret(reference, "slack-token", createRedactor()).reveal();

async function failureOf(reference: string): Promise<string> {
  const error: unknown = await reveal(reference).catch((failure: unknown) => failure);
  return error instanceof FairleadError
    ? `${error.code}: ${error.message}${error.cause === undefined ? "" : " with a cause"}`
    : String(error);
}

test("a variable is read as it is; a file and an output lose one newline at their end", async () => {
  vi.stubEnv("SLACK_TOKEN", "from the environment\n");
  expect(await reveal("env:SLACK_TOKEN")).toBe("from the environment\n");
  expect(await reveal(`file:${await write("two\nlines\n\n")}`)).toBe("two\nlines\n");
  expect(await reveal(`file:${await write("windows\r\n")}`)).toBe("windows");
  expect(await reveal("cmd:printf 'a b\\n\\n' | cat")).toBe("a b\n");
});

test("a path may begin at the home folder", async () => {
  const path = await write("at home");
  expect(await reveal(`file:~/${relative(homedir(), path)}`)).toBe("at home");
});

test("a missing or empty value is an input error that shows neither a command nor its output", async () => {
  vi.stubEnv("SLACK_TOKEN", "");
  const empty = await write("\n");
  expect(
    await Promise.all(["env:NOT_THERE", "env:SLACK_TOKEN", `file:${empty}`, "file:/no/such", `file:${folder}`].map(failureOf)),
  ).toEqual([
    "input: reveal secret slack-token: the environment variable NOT_THERE is not set",
    "input: reveal secret slack-token: it is empty",
    "input: reveal secret slack-token: it is empty",
    "input: reveal secret slack-token: the file /no/such cannot be read (ENOENT)",
    `input: reveal secret slack-token: the file ${folder} cannot be read (EISDIR)`,
  ]);
  expect(await failureOf("cmd:echo hidden; echo hidden >&2; exit 3")).toBe(
    "input: reveal secret slack-token: its command failed (exit code 3)",
  );
  expect(await failureOf("cmd:kill -9 $$")).toBe("input: reveal secret slack-token: its command failed (SIGKILL)");
});

test("a secret file that everybody may write is refused, and one that others may read is warned of", async () => {
  await chmod(folder, 0o755);
  const path = await write("s3cret-in-a-file");
  const seen: Record<string, readonly unknown[]> = {};
  for (const mode of [0o600, 0o644, 0o664, 0o666]) {
    await chmod(path, mode);
    const found = await reveal(`file:${path}`).catch((error: unknown) => (error as Error).message);
    seen[mode.toString(8)] = [found, await secretFileWarning(`file:${path}`, "slack-token")];
  }
  const fix = `run chmod 600 ${path}`;
  expect(seen).toEqual({
    600: ["s3cret-in-a-file", undefined],
    644: ["s3cret-in-a-file", `the file ${path} of slack-token can be read by everybody (mode 0644): ${fix}`],
    664: ["s3cret-in-a-file", `the file ${path} of slack-token can be written by its group (mode 0664): ${fix}`],
    666: [
      `reveal secret slack-token: the file ${path} can be written by everybody (mode 0666)`,
      `the file ${path} of slack-token can be written by everybody (mode 0666): ${fix}`,
    ],
  });
  const others = ["env:HOME", "cmd:true", "file:/no/such", `file:${folder}`, "file:/dev/null"];
  expect(await Promise.all(others.map((each) => secretFileWarning(each, "slack-token")))).toEqual(others.map(() => undefined));
});

test("a text that is not a reference is refused at once", () => {
  expect(() => openSecret("xoxb-1234", "slack-token", createRedactor())).toThrow("read secret: it is not a reference to one");
});

test("a secret prints as its name, and the redactor knows it once it is revealed", async () => {
  const redactor = createRedactor();
  const secret = secretValue("hunter22", "password", redactor);
  expect([format("%s", secret), inspect(secret), JSON.stringify({ secret }), redactor.redact("hunter22")]).toEqual([
    "[secret password]",
    "[secret password]",
    '{"secret":"[secret password]"}',
    "hunter22",
  ]);
  expect([await secret.reveal(), redactor.redact("hunter22")]).toEqual(["hunter22", "***"]);
});

test("a command runs once, however often its secret is revealed", async () => {
  const count = join(folder, "count");
  const secret = openSecret(`cmd:echo . >>${count}; wc -l <${count} | tr -d ' '`, "counted", createRedactor());
  expect(await Promise.all([secret.reveal(), secret.reveal()])).toEqual(["1", "1"]);
});
