// Renews the tables and the JSON Schema that are made from the lists and schemas: `npm run docs`. With `--check` it changes nothing, and
// fails when one is old.
import { globSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { format } from "prettier";
import type { z } from "zod";
import { consequences } from "../src/core/errors.ts";
import { defaultFor, describeField, sentenceFor, type Field } from "../src/core/run/field.ts";
import { fieldsOf } from "../src/core/run/fields.ts";
import { fieldMeta, type FieldMeta } from "../src/core/run/input.ts";
import type { Capability } from "../src/core/registry/registry.ts";
import type { AnyStep } from "../src/core/run/run-step.ts";
import { commonOutputs, outputNames } from "../src/core/run/output.ts";
import { adapterKinds, adapters } from "../src/adapters.ts";
import { commands } from "../src/cmd/index.ts";
import { kebabCase } from "../src/core/text/kebab.ts";
import { isRepeatable, placeholderOf, positionals, spelled, type Flag } from "../src/cmd/flag.ts";
import { serverFields } from "../src/module/servers.ts";
import { valueFunctions } from "../src/module/values.ts";
import { pipelines } from "../src/pipelines/index.ts";
import { listenerCommands } from "../webhook/commands.ts";
import { configJsonSchema } from "../webhook/config/json-schema.ts";
import { eventFields, isMapping } from "../webhook/routing/event-fields.ts";
import { eventKindNames } from "../webhook/routing/event-kinds.ts";
import { receivers } from "../webhook/receivers/index.ts";
import { markerProblems } from "./markers.ts";
import { moduleNames } from "./module-names.ts";
import { settingVariables } from "./generate/variables.ts";

const { gitProviders, notifiers, registries } = adapters;
type Kind = (typeof adapterKinds)[number];
const files = ["README.md", ...globSync("docs/*.md").sort()];
/** Documents in which nothing is generated. */
const withoutParts = globSync(["{ARCHITECTURE,CHANGELOG,CONTRIBUTING,SECURITY}.md", "examples/*/README.md"]).sort();
const allCommands = [...commands, ...listenerCommands].sort((a, b) => (a.name < b.name ? -1 : 1));
/** Those that are no pipeline. */
const others = await Promise.all(
  allCommands
    .filter(({ name }) => !pipelines.some((each) => each.name === name))
    .map(async (command) => ({ name: command.name, summary: command.summary, flags: (await command.load()).flags })),
);
const schemaFile = "docs/fairlead.schema.json";
const configText = configJsonSchema({ receivers, pipelines });
/** Sections of fairlead.yaml that have pages of their own. */
const ownSections = ["version", "credentials", "servers", "environments", "defaults", "sources", "routes"];

/** A field of fairlead.yaml, as its JSON Schema has it. */
interface SettingSchema {
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SettingSchema>>;
}

/** What stands between `<!-- generated: NAME -->` and `<!-- end -->`. */
const parts: Readonly<Record<string, () => string>> = {
  commands: () =>
    table(
      ["command", "what it does"],
      allCommands.map(({ name, summary }) => [`\`fairlead ${name}\``, summary]),
    ),
  pipelines: () => table(["pipeline", "its steps", "permissions of its tokens"], pipelines.map(pipelineRow)),
  adapters: () =>
    table(
      ["port", "adapters"],
      [
        ["registry", names(registries)],
        ["Git provider", names(gitProviders)],
        ["notifier", names(notifiers)],
      ],
    ),
  permissions: () =>
    table(
      ["permission", "adapter", "its name at the server"],
      adapterKinds.flatMap(permissionRows).sort((a, b) => (a.join() < b.join() ? -1 : 1)),
    ),
  variables: () => table(["variable", "adapter", "its value"], adapterKinds.flatMap(variableRows)),
  registries: () =>
    table(
      [
        "registry",
        "hosts",
        "its login, from the first that exists",
        "a push creates the repository",
        "referrers API",
        "blobs are mounted",
        "immutable tags",
      ],
      registries.map(registryRow),
    ),
  errors: () =>
    table(
      ["code", "exit", "HTTP", "a retry can help"],
      Object.entries(consequences).map(([code, { exit, http, retry }]) => [
        `\`${code}\``,
        String(exit),
        String(http),
        retry ? "yes" : "no",
      ]),
    ),
  events: () =>
    table(
      ["kind", "fields of the event"],
      eventKindNames
        .filter((kind) => receivers.some(({ events, onRequest = [] }) => [...events, ...onRequest].includes(kind)))
        .map((kind) => [
          `\`${kind}\``,
          eventFields(kind)
            .map((name) => `\`${name}${isMapping(kind, name) ? ".NAME" : ""}\``)
            .join(", "),
        ]),
    ),
  settings: () => table(["field", "default", "meaning"], settingRows((JSON.parse(configText) as SettingSchema).properties ?? {})),
  sources: () =>
    table(
      ["kind", "proof of its requests", "its events"],
      receivers.map(({ name, docs, events, onRequest = [] }) => {
        const named = (kinds: readonly string[]): string => kinds.map((kind) => `\`${kind}\``).join(", ");
        const asked = onRequest.length === 0 ? "" : `; where asked for, ${named(onRequest)}`;
        return [`\`${name}\``, docs.configured, `${named(events)}${asked}`];
      }),
    ),
  providers: () =>
    table(
      ["source", "a delivery is proven by", "set at the provider"],
      receivers.map(({ name, docs }) => [`\`${name}\``, docs.proof, docs.setUp]),
    ),
  "event-values": () =>
    table(
      ["pipeline", "text of an event", "the route's repository", "tag and digest of an image"],
      pipelines.map(({ name, input }) => [`\`${name}\``, ...(["text", "repository", "image"] as const).map((form) => filled(input, form))]),
    ),
  "module-functions": () =>
    table(
      ["function", "what it does"],
      [...valueFunctions, ...pipelines].map(({ name, summary }) => [`\`${name}\``, summary]),
    ),
  "module-settings": () =>
    table(
      ["argument", "meaning"],
      fieldsOf(serverFields).map((field: Field) => [`\`--${kebabCase(field.name)}\``, describeField("module", field)]),
    ),
  "module-names": () =>
    table(
      ["command line", "`dagger call`", "of"],
      moduleNames(pipelines).map(({ flag, argument, pipelines: of }) => [
        `\`${flag.replaceAll("|", "\\|")}\``,
        `\`${argument.replaceAll("|", "\\|")}\``,
        of.map((name) => `\`${name}\``).join(", "),
      ]),
    ),
  outputs: () =>
    table(
      ["pipeline", "outputs"],
      pipelines.map(({ name, output }) => [
        `\`${name}\``,
        [...outputNames(output), ...commonOutputs].map((each) => `\`${each}\``).join(", "),
      ]),
    ),
  flags: () =>
    pipelines
      .map(({ name, summary, input }) => [`## fairlead ${name}`, `${summary}.`, flagTable(fieldsOf(input))].join("\n\n"))
      .join("\n\n"),
  "other-flags": () =>
    others.map(({ name, summary, flags }) => [`## fairlead ${name}`, `${summary}.`, flagTable(flags)].join("\n\n")).join("\n\n"),
};

const capabilityTexts: Readonly<Record<Capability, string>> = { yes: "yes", no: "no", setting: "if set so", unknown: "ask it" };

const texts = await Promise.all([...files, ...withoutParts].map(async (file) => ({ file, text: await readFile(file, "utf8") })));
const wrong = texts.flatMap(({ file, text }) => markerProblems(file, text, files.includes(file) ? Object.keys(parts) : []));
if (wrong.length > 0) {
  process.stderr.write(`${wrong.map((each) => `docs: ${each}\n`).join("")}hint: write <!-- generated: NAME --> and <!-- end -->\n`);
  process.exit(1);
}

const old: string[] = [];
for (const file of files) {
  const before = await readFile(file, "utf8");
  const after = before.replace(/(<!-- generated: ([a-z-]+) -->\n)[^]*?(<!-- end -->)/g, (_, start: string, name: string, end: string) => {
    return `${start}\n${parts[name]!()}\n\n${end}`;
  });
  await renew(file, before, after);
}
const schema = await format(configText, { parser: "json", printWidth: 140 });
await renew(schemaFile, await readFile(schemaFile, "utf8").catch(() => ""), schema);
if (process.argv.includes("--check") && old.length > 0) {
  process.stderr.write(
    `docs: ${old.join(", ")}: what is generated in them is old\nhint: run npm run docs, then npx prettier --write ${old.join(" ")}\n`,
  );
  process.exitCode = 1;
}

async function renew(file: string, before: string, after: string): Promise<void> {
  if (before === after) return;
  old.push(file);
  if (!process.argv.includes("--check")) await writeFile(file, after);
}

function pipelineRow({ name, steps }: { readonly name: string; readonly steps: readonly AnyStep[] }): string[] {
  const needs = [...new Set(steps.flatMap((step) => step.needs))].sort();
  return [`\`${name}\``, steps.map((step) => `\`${step.name}\``).join(" → "), needs.map((need) => `\`${need}\``).join(", ")];
}

function filled(input: z.ZodObject, form: FieldMeta["fromEvent"]): string {
  const fields = Object.entries(input.shape).filter(([, field]) => fieldMeta(field as z.ZodType).fromEvent === form);
  return fields.map(([field]) => `\`${field}\``).join(", ");
}

function registryRow({ name, capabilities }: (typeof registries)[number]): string[] {
  const { hosts, logins, createsOnPush, referrers, mount, immutableTags } = capabilities;
  return [`\`${name}\``, hosts, logins, ...[createsOnPush, referrers, mount, immutableTags].map((each) => capabilityTexts[each])];
}

/** Where a policy allows it, there are too many names: the policy is printed on demand. */
function permissionRows(kind: Kind): string[][] {
  const hasPolicies = registries.some(({ name, policies }) => name === kind.name && policies !== undefined);
  return Object.entries(kind.permissions).map(([permission, there]) => {
    const what = hasPolicies ? "the policy that `fairlead doctor aws` prints" : there.map((each) => `\`${each}\``).join(", ");
    return [`\`${permission}\``, kind.name, what];
  });
}

/** A section has a row for each of its fields. */
function settingRows(fields: Readonly<Record<string, SettingSchema>>, prefix = ""): string[][] {
  return Object.entries(fields)
    .filter(([name]) => !ownSections.includes(name))
    .flatMap(([name, { properties, description = "", default: value }]) => {
      if (properties !== undefined) return settingRows(properties, `${name}.`);
      const shown = typeof value === "string" || typeof value === "number" ? `\`${value}\`` : "";
      return [[`\`${prefix}${name}\``, shown, description]];
    });
}

function variableRows(kind: Kind): string[][] {
  const { name, environment: { token } = {} } = kind;
  return [
    ...(token === undefined ? [] : [[`\`${token}\``, name, "its token"]]),
    ...settingVariables(kind).map(([variable, sentence]) => [`\`${variable}\``, name, sentence]),
  ];
}

function names(list: readonly { readonly name: string }[]): string {
  return list.map(({ name }) => name).join(", ");
}

function flagTable(flags: readonly Flag[]): string {
  const ordered = [...positionals(flags), ...flags.filter((flag) => flag.positional === undefined)];
  return table(
    ["flag", "", "meaning"],
    ordered.map((flag) =>
      [`\`${spelled(flag)}\``, notes(flag), sentenceFor("command line", flag)].map((cell) => cell.replaceAll("|", "\\|")),
    ),
  );
}

function notes(flag: Flag): string {
  const byDefault = defaultFor("command line", flag);
  const form = flag.choices === undefined && flag.positional === undefined && flag.kind !== "boolean" ? placeholderOf(flag) : "";
  return [
    (flag.choices ?? [form]).map((choice) => (choice === "" ? "" : `\`${choice}\``)).join(" "),
    flag.required ? "required" : "",
    isRepeatable(flag) ? "may be repeated" : "",
    byDefault === undefined ? "" : `default: ${flag.byDefault === undefined ? `\`${byDefault}\`` : byDefault}`,
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
