import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

/** One kind of each port, a pipeline and a receiver, as their authors would write them: a file, and a line in the list. */
const kinds = {
  "webhook/receivers": {
    name: "bell",
    source: `import { z } from "zod";
import { byPath } from "../receiver/proof.ts";
import type { Receiver } from "../receiver/receiver.ts";

export const bell: Receiver<object> = {
  name: "bell",
  events: ["push"],
  headers: [],
  proofHeaders: [],
  uniqueBodies: false,
  docs: { configured: "\\\`path\\\`", proof: "its address alone", setUp: "the bell's URL" },
  limit: 1024,
  options: z.strictObject({}),
  contentTypes: () => ["application/json"],
  proof: () => "path",
  prove: byPath,
  deliveryId: () => null,
  parse: () => ({ ignored: "ping" }),
};
`,
  },
  "src/pipelines": {
    name: "greet",
    source: `import { z } from "zod";
import { definePipeline } from "../core/run/pipeline.ts";

export const greet = definePipeline({
  name: "greet",
  summary: "Greet somebody",
  examples: ["greet Ada"],
  runs: "nothing",
  input: z.object({ whom: z.string().describe("whom to greet").meta({ positional: 0 }) }),
  output: z.object({ greeting: z.string().describe("what is said").meta({ output: "greeting" }) }).describe("What is said"),
  steps: [],
  run: (_, { whom }) => Promise.resolve({ greeting: \`hello \${whom}\` }),
});
`,
  },
  "src/notifiers": {
    name: "pigeon",
    source: `import { z } from "zod";
import { notifierResource } from "../core/credential.ts";
import type { NotifierKind } from "../core/notify/notifier.ts";
import { serverUrl } from "../core/server-url.ts";

const settings = z.strictObject({ api: serverUrl("https://loft.example").optional().describe("URL of the loft") }).describe("pigeons");

export const pigeon: NotifierKind<typeof settings> = {
  name: "pigeon",
  settings,
  environment: { token: "PIGEON_TOKEN", settings: { api: "PIGEON_LOFT_URL" } },
  permissions: { notify: ["fly"] },
  destination: { example: undefined, read: () => "" },
  create: ({ credentials, settings: own, signal }) => ({
    find: () => Promise.resolve("none"),
    async post(_, { title }) {
      const token = await credentials.token({ resource: notifierResource("pigeon"), permissions: ["notify"], signal });
      return { channel: own?.api ?? "no loft", id: \`\${title} by \${token?.by ?? "nobody"}\` };
    },
  }),
};
`,
  },
  "src/git-providers": {
    name: "forge",
    source: `import { z } from "zod";
import type { GitProviderKind } from "../core/git/provider.ts";
import { serverUrl } from "../core/server-url.ts";

const settings = z.strictObject({ url: serverUrl("https://forge.example").describe("URL of a Forge of your own") });

export const forge: GitProviderKind<typeof settings> = {
  name: "forge",
  settings,
  environment: { token: "FORGE_TOKEN", settings: { url: "FORGE_URL" } },
  permissions: { "contents:read": ["read_repository"] },
  tokenUsername: "oauth2",
  tokenHost: (own) => new URL(own?.url ?? "https://forge.example").host,
  words: { pullRequest: "merge request" },
  serves: (host) => host === "forge.example",
  create: () => ({}),
};
`,
  },
  "src/registries": {
    name: "depot",
    source: `import { z } from "zod";
import type { RegistryKind } from "../core/registry/registry-kind.ts";

export const depot: RegistryKind = {
  name: "depot",
  environment: { credentials: /^DEPOT_\\w+$/ },
  permissions: { "registry:push": ["store"] },
  fields: { depotGate: z.string().optional().describe("gate of the depot") },
  capabilities: {
    hosts: "depot.example",
    logins: "flags",
    createsOnPush: "yes",
    referrers: "yes",
    mount: "yes",
    immutableTags: "no",
  },
  serves: (host) => host === "depot.example",
  create: ({ givenLogin }) => ({ login: (image) => Promise.resolve(givenLogin(image)) }),
};
`,
  },
} as const;

let copy: string;
const read = (path: string): Promise<string> => readFile(join(copy, path), "utf8");
const node = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [...args], { cwd: copy, env: { PATH: process.env.PATH, ...env } });
  return stdout;
};
const fairlead = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string> =>
  node(["bin/fairlead.ts", ...args], env);

/** Adds a kind to its list, behind the first bracket: the last registry serves any host. */
async function add(folder: string, name: string, source: string): Promise<void> {
  await writeFile(join(copy, folder, `${name}.ts`), source);
  const list = join(copy, folder, "index.ts");
  const text = await readFile(list, "utf8");
  await writeFile(list, `import { ${name} } from "./${name}.ts";\n${text.replace(/ = \[/, ` = [${name}, `)}`);
}

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "fairlead-new-adapters-"));
  const parts = [
    "bin",
    "src",
    "webhook",
    "scripts",
    "docs",
    "README.md",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    ".prettierrc.json",
  ];
  await Promise.all(parts.map((part) => cp(part, join(copy, part), { recursive: true })));
  await symlink(resolve("node_modules"), join(copy, "node_modules"));
  for (const [folder, { name, source }] of Object.entries(kinds)) await add(folder, name, source);
  const stores = join(copy, "webhook/stores/index.ts");
  const paper = '{ scheme: "paper", examples: ["paper:BOOK"], open: () => Promise.reject(new Error("no paper")) },';
  await writeFile(stores, (await readFile(stores, "utf8")).replace("StoreKind[] = [", `StoreKind[] = [\n  ${paper}`));
  await node(["scripts/generate.ts"]);
  await node(["scripts/docs.ts"]);
}, 300_000);
afterAll(() => rm(copy, { recursive: true, force: true }));

test("a new kind of each port, a pipeline and a receiver agree with the types of their kinds", { timeout: 300_000 }, async () => {
  const files = Object.entries(kinds).map(([folder, { name }]) => `${folder}/${name}.ts`);
  await writeFile(join(copy, "tsconfig.new.json"), JSON.stringify({ extends: "./tsconfig.json", files, include: [] }));
  const tsc = [resolve("node_modules/typescript/bin/tsc"), "--noEmit", "--project", "tsconfig.new.json"];
  expect(await node(tsc).catch(({ stdout }: { stdout: string }) => stdout)).toBe("");
});

test("new adapters and a new pipeline are in the command line's help", async () => {
  expect(await fairlead(["notify", "--help"])).toMatch(/KIND:PLACE such\s+as\s+pigeon/);
  expect(await fairlead(["notify", "--help"])).toMatch(/^ +PIGEON_TOKEN +Token for pigeon$/m);
  expect(await fairlead(["--help"])).toMatch(/greet +Greet somebody/);
  expect(await fairlead(["greet", "Ada"])).toBe("greeting  hello Ada\n");
  expect(await fairlead(["build", "--help"])).toMatch(/--depot-gate .*\n?.*gate of the depot/i);
});

test("a new notifier posts with its own settings, and with its token from wherever that is", async () => {
  const posted = async (args: readonly string[], env: Readonly<Record<string, string>>): Promise<unknown> =>
    JSON.parse(await fairlead(["notify", "hello", "--to", "pigeon", "--json", ...args], env));
  const message = (channel: string, id: string) => ({ channel, id, messages: [{ destination: "pigeon", channel, id }] });
  expect(await posted([], {})).toEqual(message("no loft", "hello by nobody"));
  const env = { PIGEON_LOFT_URL: "https://loft.example", PIGEON_TOKEN: "coo" };
  expect(await posted([], env)).toEqual(message("https://loft.example", "hello by env"));
  expect(await posted(["--credential", "pigeon=env:PIGEON_TOKEN"], env)).toEqual(message("https://loft.example", "hello by flag"));
});

test("new adapters are in the Dagger module: their servers in its constructor, their fields in its functions", async () => {
  const source = await read("src/src/index.ts");
  expect(source).toMatch(/constructor\([^)]*forgeUrl\?: string,[^)]*pigeonApiUrl\?: string/);
  expect(source).toContain("@param pigeonApiUrl URL of the loft");
  expect(source).toMatch(/async greet\(whom: string, dryRun = false\): Promise<GreetOutcome>/);
  expect(source.match(/depotGate\?: string,/g)).toHaveLength(4); // build, create-repository, retag, ship
});

test("new adapters are in the configuration's JSON Schema, with a new store", async () => {
  interface Schema {
    readonly properties: {
      readonly servers: { readonly properties: Readonly<Record<string, unknown>> };
      readonly credentials: { readonly propertyNames: { readonly pattern: string } };
      readonly store: { readonly pattern: string };
    };
  }
  const text = await read("docs/fairlead.schema.json");
  const { properties } = JSON.parse(text) as Schema;
  expect(text).toContain('"const": "greet"');
  expect(text).toContain('"const": "bell"');
  expect(Object.keys(properties.servers.properties)).toEqual(["forge", "github", "pigeon", "slack", "ecr", "tls", "plainHttp"]);
  expect(properties.credentials.propertyNames.pattern).toContain("pigeon|slack");
  expect(new RegExp(properties.store.pattern).test("paper:book")).toBe(true);
});

test("new adapters are in the tables of the docs", async () => {
  const readme = await read("docs/README.md");
  const cells = (text: string): string => text.replace(/ +/g, " ");
  expect(cells(readme)).toContain("| registry | depot, docker-hub, ecr, ghcr, generic |");
  expect(cells(readme)).toContain("| Git provider | forge, github |");
  expect(cells(readme)).toContain("| notifier | pigeon, slack |");
  expect(cells(readme)).toContain("| `notify` | pigeon | `fly` |");
  expect(cells(await read("docs/registries.md"))).toContain("| `depot` | depot.example | flags | yes | yes | yes | no |");
  expect(cells(await read("docs/commands.md"))).toContain("## fairlead greet");
  expect(cells(await read("docs/listener.md"))).toMatch(/\| `bell` +\|/);
  const configuration = cells(await read("docs/configuration.md"));
  expect(configuration).toContain("| `FORGE_TOKEN` | forge | its token |");
  expect(configuration).toContain("| `PIGEON_LOFT_URL` | pigeon | URL of the loft |");
  expect(cells(await read("docs/module.md"))).toContain("| `--forge-url` | URL of a Forge of your own |");
});
