import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commonFlags, spelled } from "../../src/cmd/flag.ts";
import { commands } from "../../src/cmd/index.ts";
import { listenerCommands } from "../../webhook/commands.ts";
import { startFairlead, type Ended } from "../cli.ts";
import { callsOf } from "../docs/markdown.ts";
import { startWorld, type World } from "./world.ts";
import { wrongUses, type WrongUse } from "./wrong-uses.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Types a wrong use, and returns what comes of it in the documents' names. */
async function type({ command, cwd = ".", env = {} }: WrongUse): Promise<Ended> {
  const [words = []] = callsOf("fairlead", world.toWorld(command));
  const variables = Object.entries({ ...world.env, ...env }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const { code, stdout, stderr } = await startFairlead(
    words,
    Object.fromEntries(variables) as Record<string, string>,
    join(world.folder, cwd),
  ).ended;
  return { code, stdout: world.toDocuments(stdout), stderr: world.toDocuments(stderr) };
}

/** Returns all flags of the command that is typed. */
async function flagsOf(command: string): Promise<readonly string[]> {
  const [words = []] = callsOf("fairlead", command);
  const all = [...commands, ...listenerCommands];
  const found = all.find((each) => each.name === words.find((word) => all.some(({ name }) => name === word)));
  const flags = [...((await found?.load())?.flags ?? []), ...commonFlags];
  return flags.filter(({ positional }) => positional === undefined).map(spelled);
}

/** What a user sees of each wrong use, as one page: how to read it is in its head. */
const page: string[] = [];

test.for(wrongUses)("$title: one error, a hint and an exit code of the table, and nothing on stdout", { timeout: 60_000 }, async (use) => {
  const { code, stdout, stderr } = await type(use);
  page.push(section(use, stderr, code));
  expect(stdout).toBe("");
  expect([2, 3, 4, 5, 6, 75]).toContain(code);
  const lines = stderr.trimEnd().split("\n");
  expect(lines.filter((line) => line.startsWith("hint: ")).length).toBe(1);
  expect(lines.at(-1)).toMatch(/^hint: /);
  expect(new Set(lines).size, "a line is printed twice").toBe(lines.length);
  const ours = lines.at(-1)?.replace(/\b(git|docker) [a-z][^,;]*/g, "") ?? ""; // a hint may name another program's command
  expect(await flagsOf(use.command), "the command has the flags that the hint names").toEqual(
    expect.arrayContaining(ours.match(/--[a-z-]+/g) ?? []),
  );
  expect(stderr).not.toMatch(/bug in fairlead|^ +at .*:\d+|node:|\.ts:/m);
});

test("each wrong use prints what wrong-uses.md has", async () => {
  expect(page.length).toBe(wrongUses.length);
  await expect(`${[head, ...page].join("\n\n")}\n`).toMatchFileSnapshot("wrong-uses.md");
});

const head = `# Wrong uses

What a new user gets wrong, and what fairlead prints then. \`wrong-uses.test.ts\` types each command and compares; run it with
\`--update=true\` to write this page anew, and read the difference as the user would.`;

function section({ title, command, cwd, env = {} }: WrongUse, stderr: string, code: number | null): string {
  const place = cwd === undefined ? "" : `cd ${cwd}; `;
  const changed = Object.keys(env).map((name) => (env[name] === undefined ? `unset ${name}; ` : `${name}=… `));
  return ["## " + title, "", "```console", `$ ${place}${changed.join("")}${command}`, stderr.trimEnd(), `exit ${code}`, "```"].join("\n");
}
