/**
 * Attacks by text: of file names, events, servers and builds, at a terminal, in a job of GitHub Actions and in logs; and by what shows of secrets. Each
 * title begins with its number in the threat model.
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { commands } from "../../src/cmd/index.ts";
import { main } from "../../src/cmd/main.ts";
import { printerTo } from "../../src/cmd/print.ts";
import { gitHubActionsReporter } from "../../src/cmd/progress/github-actions.ts";
import { reporterFor } from "../../src/cmd/progress/index.ts";
import { formatResult } from "../../src/cmd/result.ts";
import { formatPlan } from "../../src/core/run/plan.ts";
import { createRedactor } from "../../src/core/secret.ts";
import { visible, visibleJson } from "../../src/core/text/visible.ts";
import { createBuildLog } from "../../src/dagger/engine/build-log.ts";
import { openSession } from "../../src/dagger/engine/session.ts";
import { toBlocks, toText } from "../../src/notifiers/slack/blocks.ts";
import { listenerCommands } from "../../webhook/commands.ts";
import { formatTable } from "../../webhook/cmd/table.ts";
import { openSqlite } from "../../webhook/stores/sqlite.ts";
import { spawnRun, type RunStart } from "../../webhook/worker/spawn-run.ts";
import { fairlead } from "../cli.ts";
import { testIo, type TestIo } from "../cmd/io.ts";
import { startSlack } from "../doubles/slack.ts";
import { fluxFiles, startFlux, startImages } from "../pipelines/flux.ts";
import { claim, delivery, push, run } from "../webhook/store/bed.ts";
import { startListener } from "../webhook/listener.ts";

/** Everything that a terminal, a log's reader or the runner of GitHub Actions would obey, in one text. */
const marks = "\x00\x07\x1b[35m\x1b]0;owned\x07\x7f\x85\x9b31m\xad\u061c\u200b\u200d\u202e\u2028\u2029\u2066\u3164\ufeff\u{e0041}\t\v\f";
const hostile = `x\nFORGED\r\n::set-output name=a::b\r::add-mask::c\n##[add-mask]d${marks}`;

const unseen = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\n\uFE0E\uFE0F]]/v;
const ours = /^::(error|warning|group|endgroup)( [^:]*)?::/;

/** Throws unless nothing in a text is obeyed by what shows it, and no line of it was made by somebody else. */
function expectHarmless(text: string, actions = true): void {
  expect(unseen.exec(text)?.[0], `in ${JSON.stringify(text)}`).toBeUndefined();
  for (const line of text.split("\n")) {
    expect(line.startsWith("FORGED"), `in ${JSON.stringify(text)}`).toBe(false);
    if (actions && !ours.test(line)) expect(line.trimStart().startsWith("::"), line).toBe(false);
    if (actions) expect(line.includes("##["), line).toBe(false);
  }
}

const everyCommand = [...commands, ...listenerCommands];

async function call(argv: readonly string[], here: TestIo = testIo()): Promise<{ code: number; stdout: string; stderr: string }> {
  const code = await main(argv, here.io, everyCommand);
  return { code, stdout: here.stdout(), stderr: here.stderr() };
}

const manifest = (image: string): string => `kind: Pod\nspec: { containers: [{ name: app, image: "${image}" }] }\n`;

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "fairlead-attack-"))));
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => void vi.unstubAllEnvs());

describe("H7: text of others leaves without what a terminal or the runner obeys", () => {
  test("H7: lines, JSON, tables, plans and results of any text are harmless, and each is one line", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(hostile, ...marks, "\n", "\r\n", "::x::", " ##[x]"));
    const texts = fc.array(text, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(texts, texts, fc.boolean(), (one, two, actions) => {
        const env = actions ? { GITHUB_ACTIONS: "true" } : {};
        const here = testIo({ env });
        const printer = printerTo(here.io.stdout, env);
        printer.lines([one, [{ style: "red", text: two }, one]]);
        expect(here.stdout().split("\n")).toHaveLength(3);
        printer.json({ [one]: two });
        printer.command("warning", [one, two], { title: one });
        printer.lines(formatTable([one, "NAME"], [[two, one]]));
        printer.lines(formatResult({ [one || "a"]: two, list: [one, two] }));
        printer.lines(formatPlan([{ step: one, key: two, changes: [{ action: "update", target: one, from: one, to: two }], diff: one }]));
        expectHarmless(here.stdout(), actions);
        expect(visible(visible(one))).toBe(visible(one));
      }),
    );
  });

  test("JSON says the same without its hidden characters, and `##[` is none of its lines", () => {
    const value = { [hostile]: [hostile, { deep: "see ##[add-mask]x ##[##[" }] };
    const here = testIo();
    printerTo(here.io.stdout, here.io.env).json(value);
    expectHarmless(here.stdout());
    expect(JSON.parse(here.stdout())).toEqual(value);
    expect(visibleJson('{"a":"\u{e0041}"}\n')).toBe('{"a":"\\udb40\\udc41"}\n');
  });

  test("H7: at a terminal only our own colours are colours", () => {
    const here = testIo({ env: { TERM: "xterm" }, terminal: { columns: 400, rows: 24 } });
    const reporter = reporterFor(here.io, { form: "auto", quiet: false, verbose: true });
    reporter.report({ type: "step-started", id: 1, step: "push", key: hostile });
    reporter.report({ type: "warning", message: hostile });
    reporter.report({ type: "notice", message: hostile });
    reporter.report({ type: "log", line: hostile });
    reporter.report({ type: "step-failed", id: 1, step: "push", code: "input", message: hostile });
    reporter.end(undefined);
    const withoutOurs = here.stderr().replace(/\x1b\[(2m|22m|3[123]m|39m|\?25[hl]|\?7[hl]|A\r\x1b\[2K)/g, "");
    expectHarmless(withoutOurs, false);
    expect(here.stderr()).toContain("\\x1b[35m");
  });

  test("H7: no command's arguments come out as they went in, whatever command and argument it is", async () => {
    const loaded = await Promise.all(everyCommand.map(async (each) => ({ name: each.name, flags: (await each.load()).flags })));
    const value = fc.constantFrom(
      hostile,
      `-${hostile}`,
      `env:${hostile}`,
      `https://${hostile}`,
      `ghcr.io/acme/app:${hostile}`,
      `a=${hostile}`,
    );
    const argv = fc
      .constantFrom(...loaded)
      .chain(({ name, flags }) =>
        fc
          .array(
            fc.tuple(fc.constantFrom("", ...flags.map((flag) => `--${flag.name.replace(/[A-Z]/g, (a) => `-${a.toLowerCase()}`)}`)), value),
          )
          .map((given) => [name, ...given.flatMap(([flag, text]) => (flag === "" ? [text] : [flag, text]))]),
      );
    await fc.assert(
      fc.asyncProperty(fc.oneof(argv, fc.array(value)), fc.boolean(), fc.boolean(), async (given, actions, json) => {
        const here = testIo({ env: actions ? { GITHUB_ACTIONS: "true" } : {} });
        const ended = await call([...given, ...(json ? ["--json"] : []), "--verbose"], here);
        // without a subject, doctor looks at this machine, and may find nothing wrong
        expect(given[0] === "doctor" ? [0, 2, 4, 6] : [2]).toContain(ended.code);
        expectHarmless(ended.stdout + ended.stderr, actions);
      }),
      { numRuns: 300 },
    );
  });

  test("8: file names print no workflow command from the list of set-image", async () => {
    const names = ["::set-output name=digest::sha256-evil.yaml", "a\nFORGED\n::add-mask::true.yaml", `b${marks.replace("\x00", "")}.yaml`];
    for (const [at, name] of names.entries()) {
      const own = join(folder, `list-${at}`);
      await mkdir(own);
      await writeFile(join(own, name), manifest("ghcr.io/acme/app:1.0"));
      for (const more of [["--dry-run"], ["--json", "--dry-run"], []]) {
        const here = testIo({ env: { GITHUB_ACTIONS: "true" } });
        const ended = await call(["set-image", "ghcr.io/acme/app:2.0", own, ...more], here);
        expect(ended.code).toBe(0);
        expectHarmless(ended.stdout + ended.stderr);
        expect(ended.stdout).toContain("ghcr.io/acme/app:2.0");
      }
    }
  });

  test("9: a lone carriage return in a hint or an error begins no workflow command", async () => {
    const own = join(folder, "hints");
    await mkdir(own);
    await writeFile(join(own, "q\r::set-output name=digest::sha256-evil.yaml"), "image: ghcr.io/acme/app:1.0\n  kind: [");
    await writeFile(join(own, "good.yaml"), manifest("ghcr.io/acme/other:1.0"));
    const ended = await call(["set-image", "ghcr.io/acme/app:2.0", own], testIo({ env: { GITHUB_ACTIONS: "true" } }));
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain("\\r");
    expectHarmless(ended.stdout + ended.stderr);
  });

  test("10: events, errors and logs of the store come harmless from runs, deliveries, sources and replay", async () => {
    const own = join(folder, "store");
    await mkdir(own);
    const file = join(own, "fairlead.db");
    const config = join(own, "fairlead.yaml");
    await writeFile(
      config,
      stringify({ version: 1, sources: { ci: { kind: "generic-hmac", secrets: "env:CI_KEY" } }, store: `sqlite:${file}` }),
    );
    vi.stubEnv("CI_KEY", "a-key-of-more-than-sixteen-bytes");
    const store = await openSqlite(file);
    const event = { ...push, branch: hostile, repository: hostile, delivery: hostile };
    const from = { ...delivery(hostile, [event]), source: hostile, headers: { [hostile]: hostile }, body: Buffer.from(hostile) };
    const made = run(hostile, { event, input: { [hostile]: hostile }, route: hostile, pipeline: hostile });
    const { runs, delivery: id } = await store.accept(from, [made, { ...made, lane: `${hostile}2` }]);
    const held = await claim(store);
    await store.log(held, [{ at: new Date(), text: hostile }]);
    await store.finish(held, { state: "failed", retry: false, error: { code: "forbidden", message: hostile, hint: hostile } });
    await store[Symbol.asyncDispose]();
    const calls = [
      ["runs", "list"],
      ...runs.flatMap((each) => [
        ["runs", "show", each],
        ["runs", "log", each],
        ["runs", "rerun", each],
      ]),
      ["runs", "show", hostile],
      ["deliveries", "list"],
      ["deliveries", "show", id],
      ["deliveries", "resend", id],
      ["sources", "--url", hostile],
      ["replay", join(own, hostile.replaceAll("/", "").replaceAll("\0", "")), "--source", hostile],
    ];
    for (const argv of calls) {
      for (const json of [[], ["--json"]]) {
        for (const actions of [true, false]) {
          const here = testIo({ env: actions ? { GITHUB_ACTIONS: "true" } : {} });
          const ended = await call([...argv, "--config", config, ...json], here);
          if (argv[1] !== "log") expect(ended.stdout + ended.stderr, argv.join(" ")).not.toBe("");
          expectHarmless(ended.stdout + ended.stderr, actions);
        }
      }
    }
  });

  test("43: a build's output begins no line, with and without --verbose", () => {
    for (const verbose of [true, false]) {
      const here = testIo({ env: { GITHUB_ACTIONS: "true" } });
      const reporter = reporterFor(here.io, { form: "auto", quiet: false, verbose });
      for (const line of ["::set-output name=a::b", "x\r::add-mask::c", "\x1b[31m::add-mask::d\x1b[0m", "##[add-mask]e", hostile])
        reporter.report({ type: "log", line });
      reporter.end(undefined);
      expectHarmless(here.stderr());
    }
  });

  test("44: file names and files of a Flux repository begin no line of a deployment", async () => {
    const registry = await startImages();
    try {
      const files = fluxFiles(registry.host);
      const name = "::add-mask::true\u202e\x9b.yaml";
      await using flux = await startFlux(registry, { files: { ...files, [`apps/${name}`]: files["apps/jobs/job.yaml"]! } });
      for (const mode of [["--dry-run", "--direct"], ["--dry-run"], ["--direct"]]) {
        const repository = `${flux.github.url}/acme/flux`;
        const env = { ...flux.env, GITHUB_ACTIONS: "true" };
        const ended = await fairlead(["deploy", flux.image("1.2.0"), "--flux-repository", repository, ...mode, "--verbose"], env);
        expect(ended.code, ended.stderr).toBe(0);
        expectHarmless(ended.stdout + ended.stderr);
      }
    } finally {
      await registry.stop();
    }
  });

  test("55: no mention and no link of Slack comes from a message's text", () => {
    const message = {
      key: "k",
      title: "<!channel> <https://evil.example|ok>",
      severity: "info" as const,
      fields: [{ name: "<!here>", value: "<@U1> & <b>" }],
      link: undefined,
    };
    const marked: string[] = [toText(message)];
    JSON.stringify(toBlocks(message), (_, value: unknown) => {
      const { type, text } = (value ?? {}) as { type?: unknown; text?: unknown };
      if (type === "mrkdwn") marked.push(String(text));
      return value;
    });
    expect(marked).toHaveLength(2);
    expect(marked.join("\n")).not.toMatch(/<[!@h]/);
    expect(marked.join("\n")).toContain("&lt;!channel&gt;");
  });

  test("56: no output and no row of a job's summary comes from a value", async () => {
    const files = { GITHUB_OUTPUT: join(folder, "output"), GITHUB_STEP_SUMMARY: join(folder, "summary") };
    const here = testIo({ env: { GITHUB_ACTIONS: "true", ...files } });
    const reporter = gitHubActionsReporter(here.io, false);
    reporter.report({ type: "run-started", pipeline: "build", dryRun: false });
    reporter.report({
      type: "step-started",
      id: 1,
      step: "push",
      key: `a | b\n| c \\| <img src=x> [x](https://evil.example) @acme ${marks}`,
    });
    reporter.report({ type: "step-failed", id: 1, step: "push", code: "input", message: "x\n| evil | ok |" });
    reporter.end({ json: null, outputs: { image: "a\nEOF\nevil<<EOF\nx\nEOF" } });
    const [output, summary] = await Promise.all([readFile(files.GITHUB_OUTPUT, "utf8"), readFile(files.GITHUB_STEP_SUMMARY, "utf8")]);
    const [, delimiter] = /^image<<(fairlead_[0-9a-f-]{36})\n/.exec(output) ?? [];
    expect(output.split(`\n${delimiter}\n`)[0]).toBe(`image<<${delimiter}\na\nEOF\nevil<<EOF\nx\nEOF`);
    expect(summary.trimEnd().split("\n")).toHaveLength(3);
    const row = summary.trimEnd().split("\n")[2] ?? "";
    expect(row.replace(/`[^`]*`/g, "CODE")).toMatch(/^\| CODE \| failed: CODE \| [\d.]+ s \|$/);
    expect(row.replace(/\\[!-~]/g, "").split("|"), "bars that end a cell").toHaveLength(5);
    expect(unseen.exec(summary)).toBeNull();
  });

  test("H7: nothing but the printer and the logs of the module and the listener writes to stdout or stderr", () => {
    const files = globSync(["src/**/*.ts", "webhook/**/*.ts", "bin/**/*.ts"]);
    const writing = /\bprocess\.(stdout|stderr)\b|\bstd(out|err)\.write\(|\bconsole\.|\bwritev?Sync\([12]\b|pino\.destination|"pino"/;
    const found = files.filter((file) => writing.test(readFileSync(file, "utf8").replace(/import type .*$/gm, ""))).sort();
    // what an older Node is told is our own text alone
    expect(found).toEqual(["bin/check-node.ts", "src/cmd/io.ts", "src/module/log.ts", "webhook/log.ts"]);
  });

  test("output that a package writes by itself is printed harmless", () => {
    const script = `
      import { processIo } from ${JSON.stringify(new URL("../../src/cmd/io.ts", import.meta.url).href)};
      processIo();
      console.error(${JSON.stringify(hostile)});
      console.log("%s", ${JSON.stringify(hostile)});`;
    const env = { PATH: process.env.PATH, GITHUB_ACTIONS: "true" };
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8", env });
    expect(stdout).toBe("");
    expectHarmless(stderr.replace(/^FORGED/gm, "a line of its own"));
    expect(stderr).toContain("\\x1b[35m");
  });

  test("a line of the listener's log has no hidden character, and is JSON", async () => {
    const own = join(folder, "log");
    await mkdir(own);
    const script = `
      import { createLog } from ${JSON.stringify(new URL("../../webhook/log.ts", import.meta.url).href)};
      createLog({ worker: "w" }).info({ text: ${JSON.stringify(hostile)} }, ${JSON.stringify(hostile)});`;
    const { stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
    expectHarmless(stderr);
    expect(JSON.parse(stderr)).toMatchObject({ worker: "w", text: hostile, msg: hostile });
  });
});

describe("W1: a secret is found in each form in which it travels", () => {
  const html = (text: string): string =>
    text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#x27;" })[c]!);
  const goJson = (text: string): string => JSON.stringify(text).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
  const ascii = (text: string): string =>
    JSON.stringify(text).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()}`);
  const forms: Readonly<Record<string, (secret: string, before: string, after: string) => string>> = {
    "as it is": (secret, before, after) => before + secret + after,
    JSON: (secret, before, after) => JSON.stringify({ [before]: secret, after }),
    "JSON of Go": (secret) => goJson(secret),
    "JSON in ASCII": (secret) => ascii(secret),
    "JSON with escaped slashes": (secret) => JSON.stringify(secret).replaceAll("/", "\\/"),
    HTML: (secret, before, after) => html(before + secret + after),
    URL: (secret) => `https://a.example/?q=${encodeURIComponent(secret)}`,
    "form of a page": (secret) => new URLSearchParams({ secret }).toString(),
    "URL in small letters": (secret) => encodeURIComponent(secret).replace(/%../g, (escape) => escape.toLowerCase()),
    hex: (secret, before, after) => Buffer.from(before + secret + after).toString("hex"),
    "hex in capitals": (secret) => Buffer.from(secret).toString("hex").toUpperCase(),
    base64: (secret, before, after) => Buffer.from(before + secret + after).toString("base64"),
    base64url: (secret, before, after) => Buffer.from(before + secret + after).toString("base64url"),
    "base64 in a URL": (secret, before, after) => encodeURIComponent(Buffer.from(before + secret + after).toString("base64")),
    "base64 of JSON": (secret, before) => Buffer.from(JSON.stringify({ username: before, password: secret })).toString("base64"),
  };

  test.each(Object.entries(forms))("13: %s", (_, write) => {
    const secret = fc
      .string({ minLength: 8, maxLength: 60, unit: "grapheme" })
      .filter((text) => text.trim() === text && !/[\n*]/.test(text));
    fc.assert(
      fc.property(
        secret.filter((text) => text.isWellFormed()),
        fc.string(),
        fc.string(),
        (value, before, after) => {
          const alone = write("", "", "");
          const redactor = createRedactor();
          redactor.add(value);
          const shown = redactor.redact(write(value, before, after));
          expect(shown).toContain("***");
          expect(shown.length).toBeLessThanOrEqual(write("", before, after).length + 24 + alone.length);
        },
      ),
    );
  });

  test("13: `Authorization: Basic`, a Docker config and a login's JSON do not show a password", () => {
    const redactor = createRedactor();
    const password = 'p"a\\ss/w+ö<rd>&';
    redactor.add(password);
    for (const user of ["", "b", "bo", "bot", "robot$acme+ci"]) {
      const pair = Buffer.from(`${user}:${password}`).toString("base64");
      const shown = redactor.redact(`Authorization: Basic ${pair} {"auths":{"ghcr.io":{"auth":"${pair}"}}}`);
      expect(shown).toMatch(/^Authorization: Basic [\w+/]{0,24}\*\*\* \{"auths":\{"ghcr\.io":\{"auth":"[\w+/]{0,24}\*\*\*"\}\}\}$/);
    }
    expect(redactor.redact(JSON.stringify({ password }))).toBe('{"password":"***"}');
  });

  test("overlapping secrets leave no end of one, and texts without a secret stay", () => {
    const redactor = createRedactor();
    redactor.add("12345678-first");
    redactor.add("first-and-second");
    expect(redactor.redact("a 12345678-first-and-second b")).toBe("a *** b");
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void expect(redactor.redact(text)).toBe(text)));
  });

  test("a secret of 100 kB and a private key are found in linear time, whole and by lines", () => {
    const long = Array.from({ length: 10_000 }, (_, at) => `${at}/+"`)
      .join("")
      .slice(0, 100_000);
    const key = Array.from({ length: 50 }, (_, at) => Buffer.from(`line ${at} of a key that is long enough`).toString("base64")).join("\n");
    const redactor = createRedactor();
    redactor.add(long);
    redactor.add(key);
    expect(redactor.redact(`a ${long} b`).replace(/\*+/g, "***")).toBe("a *** b");
    expect(redactor.redact(JSON.stringify({ long })).replace(/\*+/g, "***")).toBe('{"long":"***"}');
    expect(redactor.redact(key)).not.toMatch(/[A-Za-z]/);
    expect(redactor.redact(gzipSync("x".repeat(1_000)).toString("latin1").repeat(2_000)).length).toBeGreaterThan(10_000);
  });
});

describe("W4: a process inherits the variables of a list, and no other", () => {
  const secrets = { FAIRLEAD_DEPLOY_TOKEN: "leaky-token-1", GT: "leaky-token-2", XDG_TOKEN: "leaky-token-3", LC_SECRET: "leaky-token-4" };

  /** Returns the environment of the child of this process that has a folder of a run. */
  async function environmentOfRun(): Promise<string> {
    return await vi.waitFor(async () => {
      const threads = await readdir("/proc/self/task");
      const lists = await Promise.all(threads.map((thread) => readFile(`/proc/self/task/${thread}/children`, "utf8").catch(() => "")));
      for (const pid of lists.flatMap((list) => list.split(" ").filter(Boolean))) {
        const found = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
        if (found.includes("TMPDIR=") && found.includes("fairlead-run-")) return found;
      }
      throw new Error("it has not started");
    });
  }

  test("16: a run has no secret of the listener's environment, whatever it is called", async () => {
    for (const [name, value] of Object.entries(secrets)) vi.stubEnv(name, value);
    vi.stubEnv("FAIRLEAD_ENGINE", "native");
    const never = (): Promise<never> => new Promise(() => undefined);
    const order = {
      claim: {},
      began: 0,
      grace: 0,
      config: "",
      credentials: {},
      secrets: {},
      machine: [],
      memoryBytes: 2 ** 30,
    } as unknown as RunStart;
    const started = spawnRun(order, {
      started: () => Promise.resolve(),
      read: never,
      claim: never,
      begin: never,
      record: never,
      found: never,
      log: () => undefined,
      failed: () => undefined,
    });
    try {
      const environment = (await environmentOfRun()).split("\0");
      expect(environment.join("\n")).not.toMatch(/leaky-token/);
      expect(environment).toContain("FAIRLEAD_ENGINE=native");
      const own = environment.find((line) => line.startsWith("TMPDIR="))!.slice("TMPDIR=".length);
      expect((await stat(own)).mode & 0o777, "52: the folder of a run").toBe(0o700);
    } finally {
      started.kill();
      await started.ended;
    }
  });

  test.each(["address", "docker"] as const)(
    "16: `dagger session` for an engine of kind %s has no secret of our environment",
    async (kind) => {
      const printed = join(folder, `environment-${kind}`);
      const fake = join(folder, `dagger-${kind}`);
      const answer = `echo '{"port":1,"session_token":"t"}'\ntrap "exit 0" TERM\nsleep 60 & wait`;
      await writeFile(fake, `#!/bin/sh\nenv > ${printed}.new\nmv ${printed}.new ${printed}\n${answer}\n`, { mode: 0o755 });
      for (const [name, value] of Object.entries(secrets)) vi.stubEnv(name, value);
      if (kind === "docker") vi.stubEnv("_EXPERIMENTAL_DAGGER_CLI_BIN", fake);
      const before = { ...process.env };
      const target = { kind, host: "unix:///nowhere", cli: kind === "docker" ? undefined : fake, hint: "none" };
      const stop = new AbortController();
      const session = await openSession(target, createBuildLog(), stop.signal);
      const environment = await readFile(printed, "utf8");
      stop.abort();
      await session.closed;
      expect(environment).not.toMatch(/leaky-token/);
      expect(environment).toContain("_EXPERIMENTAL_DAGGER_RUNNER_HOST=unix:///nowhere");
      expect(environment).toContain("PATH=");
      expect(process.env).toEqual(before);
    },
  );
});

describe("W9: files that others could read or write", () => {
  const modeOf = async (path: string): Promise<number | undefined> =>
    await stat(path).then(
      ({ mode }) => mode & 0o777,
      () => undefined,
    );

  test("21: a store that is there with 0666 is 0600 when it is open, and so are its log and its index", async () => {
    const own = join(folder, "open-store");
    await mkdir(own, { mode: 0o700 });
    const file = join(own, "fairlead.db");
    const files = [file, `${file}-wal`, `${file}-shm`];
    await writeFile(file, "");
    for (let round = 1; round <= 2; round++) {
      await chmod(file, 0o666);
      const first = await openSqlite(file);
      await Promise.all(files.map((each) => chmod(each, 0o666)));
      const second = await openSqlite(file);
      expect(await Promise.all(files.map(modeOf)), `round ${round}`).toEqual([0o600, 0o600, 0o600]);
      await second[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
    }
  });

  test("21: a store in a folder where everybody may put files is refused, except in a sticky one", async () => {
    const own = join(folder, "open-folder");
    await mkdir(own);
    await chmod(own, 0o777);
    const failure: unknown = await openSqlite(join(own, "fairlead.db")).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "forbidden",
      message: `open store: the folder of ${join(own, "fairlead.db")} can be written by everybody (mode 0777)`,
      hint: `run chmod 700 ${own}, or name a store in another folder`,
    });
    expect(await readdir(own)).toEqual([]);
    await chmod(own, 0o1777);
    await (await openSqlite(join(own, "fairlead.db")))[Symbol.asyncDispose]();
  });

  test("21: another program's database keeps its mode", async () => {
    const file = join(folder, "other.db");
    using db = new DatabaseSync(file);
    db.exec("PRAGMA application_id = 7; CREATE TABLE t (a)");
    await chmod(file, 0o666);
    await expect(openSqlite(file)).rejects.toMatchObject({ code: "conflict" });
    expect(await modeOf(file)).toBe(0o666);
  });

  test("52: a new store is 0600 in a folder of 0700", async () => {
    const file = join(folder, "new", "fairlead.db");
    const store = await openSqlite(file);
    expect([await modeOf(join(folder, "new")), await modeOf(file)]).toEqual([0o700, 0o600]);
    await store[Symbol.asyncDispose]();
  });

  test("a command refuses a secret file that everybody may write, and warns of one that others may read", async () => {
    await using slack = await startSlack({
      tokens: { "xoxb-file-token": { scopes: ["chat:write", "channels:history"] } },
      channels: [{ id: "C0123456789", name: "releases", members: ["xoxb-file-token"] }] as never,
    });
    await chmod(folder, 0o755);
    const path = join(folder, "slack-token");
    await writeFile(path, "xoxb-file-token");
    const notify = async (mode: number): Promise<{ code: number | null; stderr: string }> => {
      await chmod(path, mode);
      const args = ["notify", "hello", "--to", "slack:C0123456789", "--credential", `slack=file:${path}`, "--dry-run"];
      const { code, stderr } = await fairlead(args, { SLACK_API_URL: slack.url });
      return { code, stderr };
    };
    expect(await notify(0o666)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`the file ${path} can be written by everybody (mode 0666)`) as string,
    });
    expect((await notify(0o644)).stderr).toContain(
      `warning: the file ${path} of slack can be read by everybody (mode 0644): run chmod 600 ${path}`,
    );
    expect((await notify(0o600)).stderr).not.toContain("warning: the file");
  });
});

test("51: no secret is in the store, the log or the results of a listener's runs, in any encoding", async () => {
  const token = 'xoxb-canary"0/1+2';
  await using slack = await startSlack({ tokens: {}, channels: [] });
  await using listener = await startListener(
    {
      credentials: { slack: { token: "env:CANARY" } },
      servers: { slack: { api: slack.url } },
      routes: [
        {
          name: "tell",
          when: { source: "ci", kind: "push", repository: "github.com/acme/app", branch: "main" },
          run: "notify",
          with: { message: "pushed ${{ event.branch }}", to: ["slack:C0123456789"] },
          attempts: 1,
        },
      ],
    },
    { CANARY: token },
  );
  const { source: _, delivery: __, ...event } = { ...push, branch: hostile.replaceAll("\0", "") };
  const { body } = await listener.deliver({ ...event, branch: "main" });
  const [id] = body.runs as string[];
  const ended = await listener.run(id!);
  expect(ended.state).toBe("failed");
  const files = (await readdir(listener.folder)).map((name) => join(listener.folder, name));
  const all = [listener.log(), ...(await Promise.all(files.map((file) => readFile(file, "latin1"))))].join("\n");
  for (const form of [token, JSON.stringify(token).slice(1, -1), encodeURIComponent(token), Buffer.from(token).toString("hex")])
    expect(all).not.toContain(form);
  expect(all).not.toContain(Buffer.from(token).toString("base64").slice(0, 20));
  expectHarmless(listener.log());
});
