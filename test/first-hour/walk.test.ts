import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandLines, fencesOf } from "../docs/markdown.ts";
import { startInTerminal, withoutCodes, type Terminal } from "../doubles/terminal.ts";
import { startWorld, type World } from "./world.ts";

// A new user's way: the commands of README.md, typed one after the other into one shell in a terminal, from the clone to a shipped commit.

/** What this machine needs to reach npm's registry and its engine: all variables but those of the person who runs the tests. */
const own = /^(GITHUB_|GH_|SLACK_|CI$|PS1$|XDG_)|TOKEN|^npm_|^VITEST|^NODE_OPTIONS$|^INIT_CWD$/;

let world: World;
let shell: Shell;
let began: number;
/** Seconds since the user began to clone. */
const times: Record<string, number> = {};

beforeAll(async () => {
  world = await startWorld();
  const node = dirname(await realNode());
  const home = join(world.folder, "global");
  await mkdir(home);
  await writeFile(join(world.folder, ".bashrc"), "");
  const env: Record<string, string> = {
    ...(Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name))) as Record<string, string>),
    ...world.env,
    PATH: `${join(home, "bin")}:${node}:${process.env.PATH ?? ""}`,
    PS1: "",
    npm_config_prefix: home,
    npm_config_cache: join(homedir(), ".npm"),
    npm_config_userconfig: join(homedir(), ".npmrc"),
    npm_config_loglevel: "error",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `url.${resolve(".")}.insteadOf`,
    GIT_CONFIG_VALUE_0: "https://github.com/acme/fairlead",
  };
  shell = startShell(env, world.folder);
  began = performance.now();
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** What a terminal is told when the live list has ended: the plan follows. */
const cursorShown = "\x1b[?25h";

const readme = await readFile("README.md", "utf8");

/** Returns the commands of the first block of README.md that has a text. */
function commandsWith(text: string): readonly string[] {
  const fence = fencesOf(readme).find(({ language, code }) => ["sh", "console"].includes(language) && code.includes(text));
  return fence === undefined ? [] : commandLines(fence).map((line) => line.text);
}

/** Types a command, and returns what was printed until its end. Throws where it fails. */
async function typed(command: string): Promise<string> {
  const { code, printed } = await shell.type(command);
  expect(code, `${command}\n${printed}`).toBe(0);
  return printed;
}

test("README's commands install fairlead from a clone", { timeout: 600_000 }, async () => {
  const commands = commandsWith("npm install --global");
  expect(commands).toEqual([
    "git clone https://github.com/acme/fairlead && cd fairlead",
    "npm ci",
    'npm install --global "$(npm pack --silent)"',
    "fairlead --version",
  ]);
  let printed = "";
  for (const command of commands) printed = await typed(command);
  expect(printed).toMatch(/^\d+\.\d+\.\d+$/m);
  times.installed = seconds();
});

test("README's dry run prints the plan with its diff, and a second one the same", async () => {
  const command = world.toWorld(commandsWith("--dry-run")[0] ?? "");
  const first = await typed(command);
  times["first planned diff"] = seconds();
  expect(first).toContain("+          image: ");
  expect(first).toContain("nothing was changed");
  const plan = (printed: string): string => world.toDocuments(printed.slice(printed.lastIndexOf(cursorShown)));
  expect(plan(await typed(command))).toBe(plan(first));
});

test("the same command without --dry-run ships the commit, and a second one finds nothing to do", async () => {
  const command = world.toWorld(commandsWith("--dry-run")[0] ?? "").replace(/ *--dry-run/, "");
  const first = withoutCodes(await typed(command));
  times["first shipped commit"] = seconds();
  expect(first).toMatch(/pull-request\.url +http/);
  expect(withoutCodes(await typed(command))).toContain("nothing to do: everything is as it should be already");
});

test("each step of the way has its time", async () => {
  expect(Object.keys(times)).toEqual(["installed", "first planned diff", "first shipped commit"]);
  await mkdir(".cache", { recursive: true });
  await writeFile(".cache/first-hour.json", `${JSON.stringify(times, null, 2)}\n`);
});

function seconds(): number {
  return Math.round((performance.now() - began) / 100) / 10;
}

/** npm scripts run with the node of `node_modules`, whose folder has more programs than a user has. */
async function realNode(): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--print", "process.execPath"]);
  return stdout.trim();
}

interface Shell extends AsyncDisposable {
  type(command: string): Promise<{ readonly code: number; readonly printed: string }>;
}

/** Starts a shell in a terminal, into which commands are typed. After each it prints a mark with the exit code. */
function startShell(env: Readonly<Record<string, string>>, cwd: string): Shell {
  const terminal: Terminal = startInTerminal(["bash", "--norc", "--noprofile"], { columns: 120, rows: 40, env, cwd });
  let count = 0;
  return {
    async type(command) {
      const before = terminal.written().length;
      const mark = ` mark-${(count += 1)}-end`;
      terminal.press(`${command}; echo "code-$? mark"-${count}-end\r`); // so written, the mark is in no echo of what was typed
      await terminal.printed(mark);
      const written = terminal.written().slice(before);
      const [, printed = "", code = ""] = /^(.*)code-(\d+)$/s.exec(written.slice(0, written.indexOf(mark))) ?? [];
      return { code: Number(code), printed: printed.replaceAll("\r\n", "\n") };
    },
    [Symbol.asyncDispose]: () => terminal[Symbol.asyncDispose](),
  };
}
