// Renews the tables that are made from the lists and schemas: `npm run docs`. With `--check` it changes nothing, and fails when one is old.
import { readFile, writeFile } from "node:fs/promises";
import { consequences } from "../src/core/errors.ts";
import type { Ability, RegistryOptions } from "../src/core/registry.ts";
import type { AnyStep } from "../src/core/run-step.ts";
import { createRedactor } from "../src/core/secret.ts";
import { publicServers } from "../src/core/servers.ts";
import { commands } from "../src/cmd/index.ts";
import { isRepeatable, positionals, spelled, type Flag } from "../src/cmd/flag.ts";
import { flagsOf } from "../src/cmd/flags.ts";
import { gitProviders } from "../src/git-providers/index.ts";
import { notifiers } from "../src/notifiers/index.ts";
import { pipelines } from "../src/pipelines/index.ts";
import { registries } from "../src/registries/index.ts";

const files = ["README.md", "docs/commands.md", "docs/registries.md"];

/** What stands between `<!-- generated: NAME -->` and `<!-- end -->`. */
const parts: Readonly<Record<string, () => string>> = {
  commands: () =>
    table(
      ["command", "what it does"],
      commands.map(({ name, summary }) => [`\`fairlead ${name}\``, summary]),
    ),
  pipelines: () => table(["pipeline", "its steps", "what its tokens must allow"], pipelines.map(pipelineRow)),
  adapters: () =>
    table(
      ["port", "adapters"],
      [
        ["registry", names(registries)],
        ["Git provider", names(gitProviders)],
        ["notifier", names(notifiers)],
      ],
    ),
  registries: () =>
    table(
      [
        "registry",
        "hosts",
        "its login, from the first of",
        "a push makes the repository",
        "referrers API",
        "blobs are mounted",
        "immutable tags",
      ],
      registries.map(registryRow),
    ),
  errors: () =>
    table(
      ["code", "exit", "HTTP", "trying again can help"],
      Object.entries(consequences).map(([code, { exit, http, retry }]) => [
        `\`${code}\``,
        String(exit),
        String(http),
        retry ? "yes" : "no",
      ]),
    ),
  flags: () =>
    pipelines
      .map(({ name, summary, input }) => [`## fairlead ${name}`, `${summary}.`, flagTable(flagsOf(input))].join("\n\n"))
      .join("\n\n"),
};

const nobody: RegistryOptions = {
  credentials: [],
  servers: publicServers,
  signal: new AbortController().signal,
  redactor: createRedactor(),
  aws: undefined,
  storedLogin: () => Promise.resolve(undefined),
};

const abilityTexts: Readonly<Record<Ability, string>> = { yes: "yes", no: "no", setting: "if set so", unknown: "ask it" };

const old: string[] = [];
for (const file of files) {
  const before = await readFile(file, "utf8");
  const after = before.replace(/(<!-- generated: ([a-z-]+) -->\n)[^]*?(<!-- end -->)/g, (_, start: string, name: string, end: string) => {
    const make = parts[name];
    if (make === undefined) throw new Error(`${file}: there is no generated part "${name}"`);
    return `${start}\n${make()}\n\n${end}`;
  });
  if (before === after) continue;
  old.push(file);
  if (!process.argv.includes("--check")) await writeFile(file, after);
}
if (process.argv.includes("--check") && old.length > 0) {
  process.stderr.write(
    `docs: ${old.join(", ")}: the generated tables are old\nhint: run npm run docs, then npx prettier --write ${old.join(" ")}\n`,
  );
  process.exitCode = 1;
}

function pipelineRow({ name, steps }: { readonly name: string; readonly steps: readonly AnyStep[] }): string[] {
  const needs = [...new Set(steps.flatMap((step) => step.needs))].sort();
  return [`\`${name}\``, steps.map((step) => `\`${step.name}\``).join(" → "), needs.map((need) => `\`${need}\``).join(", ")];
}

function registryRow(make: (typeof registries)[number]): string[] {
  const { name, abilities } = make(nobody);
  const { hosts, logins, createsOnPush, referrers, mount, immutableTags } = abilities;
  return [`\`${name}\``, hosts, logins, ...[createsOnPush, referrers, mount, immutableTags].map((ability) => abilityTexts[ability])];
}

function names(list: readonly ((options: RegistryOptions) => { readonly name: string })[]): string {
  return list.map((make) => make(nobody).name).join(", ");
}

function flagTable(flags: readonly Flag[]): string {
  const ordered = [...positionals(flags), ...flags.filter((flag) => flag.positional === undefined)];
  return table(
    ["flag", "", "meaning"],
    ordered.map((flag) => [`\`${spelled(flag)}\``, notes(flag), flag.sentence.replaceAll("|", "\\|")]),
  );
}

function notes(flag: Flag): string {
  const kind = flag.kind === "secret" || flag.kind === "secrets" ? "a reference" : "";
  return [
    flag.required ? "required" : "",
    isRepeatable(flag) ? "may be repeated" : "",
    kind,
    flag.fallback === undefined ? "" : `default \`${flag.fallback}\``,
  ]
    .filter((note) => note !== "")
    .join(", ");
}

/** Columns are as wide as prettier makes them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
