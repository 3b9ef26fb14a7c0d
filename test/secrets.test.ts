import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { format, inspect } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { FairleadError } from "../src/core/errors.ts";
import { createRedactor } from "../src/core/secret.ts";
import { openSecret, secretValue } from "../src/secrets.ts";

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
