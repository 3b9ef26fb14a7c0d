import { describe, expect, test } from "vitest";
import type { Command, CommandBody } from "../../src/cmd/command.ts";
import { main } from "../../src/cmd/main.ts";
import { consequences, FairleadError, type ErrorCode } from "../../src/core/errors.ts";
import { testIo, type TestIo } from "./io.ts";

function command(run: CommandBody["run"]): Command {
  const flags: CommandBody["flags"] = [{ name: "oven", kind: "string", sentence: "where", required: false }];
  return { name: "bake", group: "Pipelines", summary: "Bake bread", examples: ["bake"], load: () => Promise.resolve({ flags, run }) };
}

async function call(
  run: CommandBody["run"],
  argv: readonly string[] = [],
  here: TestIo = testIo(),
): Promise<{ code: number; stdout: string; stderr: string }> {
  const code = await main(["bake", ...argv], here.io, [command(run)]);
  return { code, stdout: here.stdout(), stderr: here.stderr() };
}

const fail =
  (error: Error): CommandBody["run"] =>
  () =>
    Promise.reject(error);

describe("a command that succeeds", () => {
  const bread = { json: { bread: "rye" }, text: ["bread  rye"] };

  test("a successful command prints its result as text", async () => {
    expect(await call(() => Promise.resolve(bread))).toEqual({ code: 0, stdout: "bread  rye\n", stderr: "" });
  });

  test("a successful command prints one JSON document with --json", async () => {
    expect(await call(() => Promise.resolve(bread), ["--json"])).toEqual({ code: 0, stdout: '{\n  "bread": "rye"\n}\n', stderr: "" });
  });

  test("a flag that all commands have may stand before the command", async () => {
    const here = testIo();
    const code = await main(["--verbose", "--json", "bake", "--oven", "a"], here.io, [command(() => Promise.resolve(bread))]);
    expect([code, here.stdout()]).toEqual([0, '{\n  "bread": "rye"\n}\n']);
  });

  test.each([
    ["--output json", ["--output", "json"]],
    ["--output=json", ["--output=json"]],
    ["--progress plain --output json", ["--progress", "plain", "--output", "json"]],
    ["--quiet --json", ["--quiet", "--json"]],
  ])("a flag that all commands have may stand with its value before the command: %s", async (_, flags) => {
    const here = testIo();
    const code = await main([...flags, "bake"], here.io, [command(() => Promise.resolve(bread))]);
    expect([code, here.stdout(), here.stderr()]).toEqual([0, '{\n  "bread": "rye"\n}\n', ""]);
  });

  test.each(["--version", "-v", "version"])("fairlead %s prints the version", async (word) => {
    const here = testIo();
    expect([await main([word], here.io, []), here.stdout()]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });
});

describe("a command that fails", () => {
  const denied = new FairleadError("forbidden", "push ghcr.io/acme/app: denied", {
    hint: "export GITHUB_TOKEN=…",
    output: ["#5 RUN make", "\x1b[31mmake: no rule\x1b[0m"],
  });

  test("a failed command prints the last output, the error and the hint", async () => {
    expect(await call(fail(denied))).toEqual({
      code: 3,
      stdout: "",
      stderr: "  | #5 RUN make\n  | make: no rule\nfairlead: push ghcr.io/acme/app: denied\nhint: export GITHUB_TOKEN=…\n",
    });
  });

  test("a failed command prints one JSON document with --json", async () => {
    const { code, stdout } = await call(fail(denied), ["--json"]);
    const message = "push ghcr.io/acme/app: denied";
    const problems = [{ file: null, line: null, column: null, path: null, message }];
    expect({ code, document: JSON.parse(stdout) as unknown }).toEqual({
      code: 3,
      document: { error: { code: "forbidden", message, hint: "export GITHUB_TOKEN=…", problems } },
    });
  });

  test("a failed command names the schema's fields as they were typed, one on each line", async () => {
    const error = new FairleadError("input", "bake: …", {
      fields: [
        { field: "oven", message: "it is cold" },
        { field: "", message: "no flour" },
      ],
    });
    expect(await call(fail(error))).toEqual({
      code: 2,
      stdout: "",
      stderr: "fairlead: bake: --oven: it is cold\nfairlead: bake: no flour\nhint: run fairlead bake --help\n",
    });
  });

  test.each(Object.entries(consequences))("a command that fails with %s exits with the code of the table", async (code, { exit }) => {
    expect((await call(fail(new FairleadError(code as ErrorCode, "bake bread: it burned")))).code).toBe(exit);
  });

  test("a command that fails by a bug asks for a report, with the stack only if asked", async () => {
    const bug = new TypeError("x is not a function");
    const quiet = await call(fail(bug));
    expect(quiet).toEqual({
      code: 70,
      stdout: "",
      stderr: "fairlead: x is not a function\nhint: this is a bug in fairlead: run it again with --verbose and report what it prints\n",
    });
    expect((await call(fail(bug), ["--verbose"])).stderr).toContain("  |     at ");
  });
});

test("a wrong command line exits with 2, with one clear line for each mistake", async () => {
  const here = testIo();
  expect(await main(["bkae"], here.io, [command(() => Promise.reject(new Error()))])).toBe(2);
  expect(here.stderr()).toBe('fairlead: unknown command "bkae"\nhint: did you mean fairlead bake? run fairlead --help\n');
  expect(await call(fail(new Error()), ["--oven", "x", "rye"])).toEqual({
    code: 2,
    stdout: "",
    stderr: 'fairlead: bake: unexpected argument "rye"\nhint: run fairlead bake --help\n',
  });
});

test.each([
  [
    ["--oven", "ghp_canary", "bake"],
    "unknown flag --oven before the command bake",
    "write the flags of a command after it: fairlead bake --oven …",
  ],
  [
    ["--oven=ghp_canary", "bake"],
    "unknown flag --oven before the command bake",
    "write the flags of a command after it: fairlead bake --oven …",
  ],
  [
    ["--quiet", "--oven", "ghp_canary", "bake"],
    "unknown flag --oven before the command bake",
    "write the flags of a command after it: fairlead bake --oven …",
  ],
  [["--nope", "x"], "unknown flag --nope", "run fairlead --help"],
  [["--nope", "--", "bake"], "unknown flag --nope", "run fairlead --help"],
  [["--output", "json"], "there is no command", "run fairlead --help"],
  [["--metadata-file", "bake"], "there is no command", "run fairlead --help"],
])("a flag of a command before it is an error that says where it goes, without its value: %j", async (argv, message, hint) => {
  const here = testIo();
  expect(await main(argv, here.io, [command(() => Promise.reject(new Error()))])).toBe(2);
  expect(here.stderr()).toBe(`fairlead: ${message}\nhint: ${hint}\n`);
});

test("a revealed secret is never printed, in a result, a report or an error", async () => {
  const secret = "a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4";
  const result = await call(({ redactor, report }) => {
    redactor.add(secret);
    report({ type: "step-started", id: 1, step: "push", key: secret });
    report({ type: "step-finished", id: 1, step: "push", changed: true, result: null });
    return Promise.resolve({ json: { token: secret }, text: [`token  ${secret}`] });
  });
  expect(result).toEqual({ code: 0, stdout: "token  ***\n", stderr: "push ***: started\npush ***: done (0.0 s)\n" });
  const failed = await call(
    ({ redactor }) => {
      redactor.add(secret);
      return Promise.reject(new FairleadError("forbidden", `push: ${secret}`, { hint: secret, output: [secret] }));
    },
    ["--json"],
  );
  expect(failed.stdout + failed.stderr).not.toContain(secret.slice(0, 8));
});

describe("Ctrl-C", () => {
  const untilAborted: CommandBody["run"] = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));

  test("Ctrl-C pressed once lets the step end, and the exit code is 130", async () => {
    const here = testIo();
    const running = call(untilAborted, [], here);
    await expect.poll(() => (here.interrupt(), here.stderr())).not.toBe("");
    expect(await running).toEqual({
      code: 130,
      stdout: "",
      stderr: "stopping (press Ctrl-C again to quit at once)\n" + "fairlead: stopped by SIGINT\nhint: run it again\n",
    });
  });

  test("only of a command that keeps its finished steps Ctrl-C says so", async () => {
    const here = testIo();
    const keeping: Command = {
      ...command(untilAborted),
      load: () => Promise.resolve({ flags: [], keepsSteps: ({ output }) => output !== "table", run: untilAborted }),
    };
    const told = async (argv: readonly string[], at: TestIo): Promise<string | undefined> => {
      const running = main(argv, at.io, [keeping]);
      await expect.poll(() => (at.interrupt(), at.stderr())).not.toBe("");
      await running;
      return at.stderr().trimEnd().split("\n").at(-1);
    };
    expect(await told(["bake"], here)).toBe("hint: run it again: finished steps are not repeated");
    expect(await told(["bake", "--output", "table"], testIo())).toBe("hint: run it again");
  });

  test("Ctrl-C pressed twice quits at once", async () => {
    const here = testIo();
    await call(
      ({ signal }) => {
        here.interrupt();
        expect({ aborted: signal.aborted, exits: [...here.exits] }).toEqual({ aborted: true, exits: [] });
        here.interrupt();
        return Promise.resolve({ json: null, text: [] });
      },
      [],
      here,
    );
    expect(here.exits).toEqual([130]);
  });

  test("Ctrl-C is not caught after the command has ended", async () => {
    const here = testIo();
    await call(() => Promise.resolve({ json: null, text: [] }), [], here);
    here.interrupt();
    expect({ exits: here.exits, stderr: here.stderr() }).toEqual({ exits: [], stderr: "" });
  });
});
