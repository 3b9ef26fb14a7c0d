import { execFile } from "node:child_process";
import { chmod, chown, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startFairlead, type Ended } from "../cli.ts";
import { callsOf } from "../docs/markdown.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
let folders = 0;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Returns a new folder below the user's with these files. */
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(world.folder, `shop-${++folders}`);
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), world.toWorld(content));
  return folder;
}

/** Types a command in a folder, and returns what comes of it in the documents' names. */
async function type(folder: string, command: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const [words = []] = callsOf("fairlead", world.toWorld(command));
  const { code, stdout, stderr } = await startFairlead(words, { ...world.env, ...env }, folder).ended;
  const shown = (text: string): string =>
    world
      .toDocuments(text)
      .replace(/shop-\d+/g, "shop")
      .replaceAll("/home/ada/", "~/");
  return { code, stdout: shown(stdout), stderr: shown(stderr) };
}

const shipDefaults = `version: 1
defaults:
  repository: https://github.com/acme/app
  image: ghcr.io/acme/app
  fluxRepository: https://github.com/acme/fleet
  notify: [slack:C0123456789]
`;

/** The lines of a plan that tell of files, and those of its steps. */
function planned({ stdout, stderr }: Ended): readonly string[] {
  return [...stderr.split("\n"), ...stdout.split("\n")].filter((line) =>
    /^(fairlead|hint|defaults|build|push|open|notify|retag|create)\b/.test(line),
  );
}

test("fairlead ship alone ships by the defaults of fairlead.yaml in the working folder", { timeout: 180_000 }, async () => {
  const folder = await folderWith({ "fairlead.yaml": shipDefaults });
  const plan = await type(folder, "fairlead ship --dry-run");
  expect({ code: plan.code, first: plan.stdout.split("\n")[0] }).toEqual({
    code: 0,
    first:
      "defaults of fairlead.yaml: REPOSITORY https://github.com/acme/app, --image ghcr.io/acme/app, --flux-repository https://github.com/acme/fleet, --notify slack:C0123456789",
  });
  const shipped = await type(folder, "fairlead ship --json");
  expect(shipped.code, shipped.stderr).toBe(0);
  expect(shipped.stderr.split("\n")[0]).toBe(
    "defaults of fairlead.yaml: REPOSITORY https://github.com/acme/app, --image ghcr.io/acme/app, --flux-repository https://github.com/acme/fleet, --notify slack:C0123456789",
  );
  expect(JSON.parse(shipped.stdout)).toMatchObject({
    build: { image: expect.stringContaining("ghcr.io/acme/app:sha-") as string },
    deploy: { pullRequest: { number: 1 } },
    notify: { channel: "C0123456789" },
  });
});

test("a flag goes before the named file, and the named file before the found one", async () => {
  const folder = await folderWith({
    "fairlead.yaml": `${shipDefaults}  labels: [found]\n  draft: true\n`,
    "named.yaml": "version: 1\ndefaults: { fluxPath: apps/nope, labels: [named] }\n",
  });
  const named = await type(folder, "fairlead ship --config named.yaml --dry-run");
  expect({ code: named.code, told: named.stderr.includes("there is no folder apps/nope") }).toEqual({ code: 4, told: true });
  expect(named.stderr).toContain("defaults of named.yaml: --flux-path apps/nope, --label named\n");
  const given = await type(folder, "fairlead ship --config named.yaml --flux-path apps/app --dry-run");
  expect(given.code).toBe(0);
  expect(given.stdout.split("\n").slice(0, 2)).toEqual([
    "defaults of named.yaml: --label named",
    "defaults of fairlead.yaml: REPOSITORY https://github.com/acme/app, --image ghcr.io/acme/app, --flux-repository https://github.com/acme/fleet, --draft, --notify slack:C0123456789",
  ]);
});

test("a pipeline leaves out the defaults of fields that it has not, or that mean something else to it", async () => {
  const folder = await folderWith({ "fairlead.yaml": `version: 1\ndefaults: { source: ., to: [slack:C0123456789], onConflict: skip }\n` });
  const retag = await type(folder, "fairlead retag ghcr.io/acme/app:1.4.3 edge --dry-run");
  expect(planned(retag)).toMatchInlineSnapshot(`
    [
      "fairlead.yaml: defaults.onConflict is ignored, as nobody named the file: if it is yours, add --config fairlead.yaml",
      "retag ghcr.io/acme/app:edge from ghcr.io/acme/app:1.4.3@sha256:ID: started",
      "retag ghcr.io/acme/app:edge from ghcr.io/acme/app:1.4.3@sha256:ID: planned (TIME)",
      "retag ghcr.io/acme/app:edge from ghcr.io/acme/app:1.4.3@sha256:ID",
    ]
  `);
  expect(planned(await type(folder, "fairlead notify hello --dry-run"))).toMatchInlineSnapshot(`
    [
      "notify slack:C0123456789 ID: started",
      "notify slack:C0123456789 ID: planned (TIME)",
      "defaults of fairlead.yaml: --to slack:C0123456789",
      "notify slack:C0123456789 ID",
    ]
  `);
});

test("a default that does not go together with a flag is left out", async () => {
  const folder = await folderWith({
    "fairlead.yaml": `version: 1\ndefaults: { source: ., image: ghcr.io/acme/app, fluxRepository: https://github.com/acme/fleet, labels: [x], notify: [slack:C0123456789] }\n`,
    Dockerfile: "FROM scratch\nCOPY . /\n",
  });
  const { code, stdout, stderr } = await type(folder, "fairlead ship https://github.com/acme/app --direct --dry-run");
  expect(code, stderr).toBe(0);
  expect(stdout.split("\n")[0]).toBe(
    "defaults of fairlead.yaml: --image ghcr.io/acme/app, --flux-repository https://github.com/acme/fleet",
  );
});

test("a file that nobody named sets no credential, no server and nothing that does without a review", async () => {
  const folder = await folderWith({
    "fairlead.yaml": `version: 1
credentials: { github.com: { token: "cmd:touch revealed" } }
servers: { plainHttp: ["github.com"] }
routes: []
defaults: { direct: true, autoMerge: squash, token: "cmd:touch revealed", awsRole: arn:aws:iam::123456789012:role/x, registryUsername: bot }
`,
  });
  const ended = await type(
    folder,
    "fairlead ship https://github.com/acme/app --image ghcr.io/acme/app --flux-repository https://github.com/acme/fleet --dry-run",
  );
  expect(ended.code).toBe(0);
  expect(ended.stderr.split("\n")[0]).toMatchInlineSnapshot(
    `"fairlead.yaml: credentials, servers, routes, defaults.token, defaults.registryUsername, defaults.awsRole, defaults.autoMerge and defaults.direct are ignored, as nobody named the file: if it is yours, add --config fairlead.yaml"`,
  );
  expect(ended.stdout).toContain("push-branch");
});

test("a file that nobody named sends nothing, in CI, to a host that no flag names", async () => {
  const folder = await folderWith({ "fairlead.yaml": shipDefaults });
  expect(await type(folder, "fairlead ship --dry-run", { CI: "true", GITHUB_SERVER_URL: "" })).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": "fairlead.yaml: defaults.repository (in CI: no flag names its host), defaults.image (in CI: no flag names its host) and defaults.fluxRepository (in CI: no flag names its host) are ignored, as nobody named the file: if it is yours, add --config fairlead.yaml
    fairlead: ship: --image: it is missing
    fairlead: ship: --flux-repository: it is missing
    hint: run fairlead ship --help
    ",
      "stdout": "",
    }
  `);
  const named = await type(folder, "fairlead ship https://github.com/acme/app --image ghcr.io/acme/app --dry-run", { CI: "true" });
  expect({ code: named.code, first: named.stdout.split("\n")[0] }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "first": "defaults of fairlead.yaml: --flux-repository https://github.com/acme/fleet, --notify slack:C0123456789",
    }
  `);
  const outside = await type(folder, "fairlead ship --dry-run", { CI: "False", GITHUB_SERVER_URL: "" });
  expect(outside.stderr.split("\n")[0]).toMatch(/^defaults of fairlead.yaml: REPOSITORY /);
  const whole = await type(folder, "fairlead ship --config fairlead.yaml --dry-run", { CI: "true" });
  expect({ code: whole.code, first: whole.stdout.split("\n")[0] }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "first": "defaults of fairlead.yaml: REPOSITORY https://github.com/acme/app, --image ghcr.io/acme/app, --flux-repository https://github.com/acme/fleet, --notify slack:C0123456789",
    }
  `);
});

test.for(["..", "/", "link"])("a file that nobody named puts no folder into an image that is outside of its own: %s", async (source) => {
  const folder = await folderWith({ "fairlead.yaml": `version: 1\ndefaults: { source: ${source}, image: ghcr.io/acme/app }\n` });
  await symlink(world.folder, join(folder, "link"));
  const { code, stderr } = await type(folder, "fairlead build --dry-run");
  expect({ code, stderr: stderr.split("\n").slice(0, 2) }).toEqual({
    code: 2,
    stderr: [
      "fairlead.yaml: defaults.source (it leads out of this folder) is ignored, as nobody named the file: if it is yours, add --config fairlead.yaml",
      "fairlead: build: there is neither a repository nor a folder to build",
    ],
  });
});

test("a file that --config names is the only one that is read in GitHub Actions", async () => {
  const folder = await folderWith({ "fairlead.yaml": shipDefaults });
  const env = { CI: "true", GITHUB_ACTIONS: "true" };
  expect(await type(folder, "fairlead ship --dry-run", env)).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": "fairlead.yaml is not read in GitHub Actions, as nobody named it: if it is yours, add --config fairlead.yaml
    ::error title=fairlead::ship: --image: it is missing%0Aship: --flux-repository: it is missing%0Ahint: run fairlead ship --help
    ",
      "stdout": "",
    }
  `);
  const named = await type(folder, "fairlead ship --config fairlead.yaml --dry-run", env);
  expect(named.code, named.stderr).toBe(0);
});

test("no fairlead.yaml of a parent folder is read", async () => {
  const parent = await folderWith({ "fairlead.yaml": shipDefaults });
  await mkdir(join(parent, "inner"));
  expect(await type(join(parent, "inner"), "fairlead ship --dry-run")).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": "fairlead: ship: --image: it is missing
    fairlead: ship: --flux-repository: it is missing
    hint: run fairlead ship --help
    ",
      "stdout": "",
    }
  `);
});

test.for([
  {
    title: "an unknown field",
    text: "version: 1\ndefaults:\n  fluxRepositry: github.com/acme/fleet\n",
    told: ['fairlead.yaml:3:3 defaults.fluxRepositry: there is no such field; did you mean "fluxRepository"?'],
  },
  {
    title: "a value that the pipeline does not take",
    text: "version: 1\ndefaults:\n  platforms: linux/amd64\n  image: ghcr.io/acme/App\n",
    told: [
      "fairlead.yaml:3:14 defaults.platforms: expected list",
      'fairlead.yaml:4:10 defaults.image: read image reference "ghcr.io/acme/App": repository "acme/App" has capital letters; write REGISTRY/REPOSITORY:TAG in lower case, such as ghcr.io/acme/app:1.4.3',
    ],
  },
  {
    title: "a value of an event",
    text: 'version: 1\ndefaults:\n  ref: "${{ event.commit }}"\n',
    told: ["fairlead.yaml:3:8 defaults.ref: a default has no value of an event: write it in the route"],
  },
  {
    title: "a key that no configuration has",
    text: "version: 1\ndefault: {}\n",
    told: ['fairlead.yaml:2:1 default: there is no such field; did you mean "defaults"?'],
  },
  { title: "no version", text: "defaults: {}\n", told: ["fairlead.yaml:1:1 version: it is missing"] },
  {
    title: "a value that breaks a rule of the pipeline",
    text: `version: 1\ndefaults: { source: ., image: "ghcr.io/acme/app@sha256:${"0".repeat(64)}" }\n`,
    told: ["fairlead.yaml: defaults.image: a push makes a new digest, so none can be given"],
  },
])("$title in the defaults of fairlead.yaml is an error that names its place", async ({ text, told }) => {
  const folder = await folderWith({ "fairlead.yaml": text });
  const { code, stderr } = await type(folder, "fairlead build --dry-run");
  expect(code).toBe(2);
  expect(stderr.split("\n").filter((line) => line.startsWith("fairlead: "))).toEqual(told.map((line) => `fairlead: build: ${line}`));
});

test("a fairlead.yaml that everybody may write is refused, and one that is not there is named", async () => {
  const folder = await folderWith({ "fairlead.yaml": shipDefaults });
  await chmod(join(folder, "fairlead.yaml"), 0o666);
  expect((await type(folder, "fairlead ship --dry-run")).stderr).toMatchInlineSnapshot(`
    "fairlead: read fairlead.yaml: it can be written by everybody (mode 0666)
    hint: look through it, and run chmod 644 fairlead.yaml
    "
  `);
  expect((await type(folder, "fairlead ship --config nope.yaml")).stderr).toMatchInlineSnapshot(`
    "fairlead: read nope.yaml: there is no such file
    hint: name another with --config
    "
  `);
});

test("a named file gives its credentials, and its paths count from its own folder", async () => {
  const folder = await folderWith({ "github.key": world.env.GITHUB_TOKEN ?? "" });
  await chmod(join(folder, "github.key"), 0o600);
  await mkdir(join(folder, "app"));
  await writeFile(join(folder, "app/Dockerfile"), "FROM scratch\nCOPY . /\n");
  await writeFile(
    join(folder, "named.yaml"),
    world.toWorld(
      "version: 1\ncredentials: { github.com: { token: file:github.key } }\ndefaults: { source: app, image: ghcr.io/acme/app:1, fluxRepository: https://github.com/acme/fleet }\n",
    ),
  );
  const ended = await type(world.folder, `fairlead ship --config ${folder}/named.yaml --dry-run`, { GITHUB_TOKEN: "" });
  expect({ code: ended.code, stderr: ended.stderr, first: ended.stdout.split("\n")[0] }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "first": "defaults of ~/shop/named.yaml: --source ~/shop/app, --image ghcr.io/acme/app:1, --flux-repository https://github.com/acme/fleet",
      "stderr": "push ghcr.io/acme/app:1 from ~/shop/app: started
    warning: build ~/shop/app: it is in no Git repository, so it is built every time
    push ghcr.io/acme/app:1 from ~/shop/app: planned (TIME)
    push-branch github.com/acme/fleet ghcr.io/acme/app:1@sha256:(known after push): started
    push-branch github.com/acme/fleet ghcr.io/acme/app:1@sha256:(known after push): planned (TIME)
    open-pull-request github.com/acme/fleet fairlead/app-(known after push) → main: started
    open-pull-request github.com/acme/fleet fairlead/app-(known after push) → main: planned (TIME)
    close-pull-request github.com/acme/fleet older than fairlead/app-(known after push): started
    close-pull-request github.com/acme/fleet older than fairlead/app-(known after push): planned (TIME)
    ",
    }
  `);
});

test("a person's own credentials are for a Git host that they typed, and not for one that a found file names", async () => {
  const home = await folderWith({
    ".gitconfig": `[credential]\n\thelper = "!printf 'username=ada\\\\npassword=${world.env.GITHUB_TOKEN}\\\\n'"\n`,
    "fairlead.yaml": shipDefaults,
  });
  const env = { HOME: home, GITHUB_TOKEN: "" };
  const found = await type(home, "fairlead ship --dry-run", env);
  expect({ code: found.code, told: found.stderr.includes("github.com/acme/app: the server wants a credential") }).toEqual({
    code: 3,
    told: true,
  });
  const given = await type(home, "fairlead ship https://github.com/acme/app --dry-run", env);
  expect(given.code, given.stderr).toBe(0);
  const named = await type(home, "fairlead ship --config fairlead.yaml --dry-run", env);
  expect(named.code, named.stderr).toBe(0);
});

test("set-image takes the object of the defaults, and says so", async () => {
  const folder = await folderWith({ "fairlead.yaml": "version: 1\ndefaults: { only: Deployment/shop/nope }\n" });
  expect(await type(folder, `fairlead set-image ghcr.io/acme/app:1.4.3 ${world.folder}/manifests --dry-run`)).toMatchInlineSnapshot(`
    {
      "code": 4,
      "stderr": "defaults of fairlead.yaml: --only Deployment/shop/nope
    fairlead: set ghcr.io/acme/app:1.4.3 in Deployment/shop/nope: there is no such object, or it does not refer to ghcr.io/acme/app
    hint: check the kind, the namespace and the name of the object, and the spelling of the repository
    ",
      "stdout": "",
    }
  `);
});

test("a file that nobody named turns off no check, and changes no setting of a repository", async () => {
  const folder = await folderWith({
    "fairlead.yaml": `version: 1
defaults: { unchecked: true, onConflict: move, reopen: true, createRepository: true, update: true, repositoryPolicy: { Statement: [] } }
`,
  });
  const typo = await type(folder, "fairlead deploy ghcr.io/acme/app:typo --flux-repository https://github.com/acme/fleet --dry-run");
  expect({ code: typo.code, notices: typo.stderr.split("\n").filter((line) => line.includes("ignored")) }).toEqual({
    code: 4,
    notices: [
      "fairlead.yaml: defaults.reopen and defaults.unchecked are ignored, as nobody named the file: if it is yours, add --config fairlead.yaml",
    ],
  });
  const retag = await type(folder, "fairlead retag ghcr.io/acme/app:1.4.3 1.4.2 --dry-run");
  expect(retag.stderr).toContain("fairlead.yaml: defaults.onConflict, defaults.unchecked and defaults.createRepository are ignored");
});

test.runIf(process.getuid?.() === 0)("a fairlead.yaml of another user is not read, and a notice says so", async () => {
  const folder = await folderWith({ "fairlead.yaml": shipDefaults });
  await chown(join(folder, "fairlead.yaml"), 65_534, 65_534);
  expect((await type(folder, "fairlead ship --dry-run")).stderr).toContain(
    "fairlead.yaml is not read as it belongs to another user: if it is yours, add --config fairlead.yaml\n",
  );
});

test("a fairlead.yaml that is no file is refused at once, and one of endless length is read no further than its limit", async () => {
  const folder = await folderWith({});
  await promisify(execFile)("mkfifo", [join(folder, "fairlead.yaml")]);
  expect((await type(folder, "fairlead ship --dry-run")).stderr).toMatchInlineSnapshot(`
    "fairlead: read fairlead.yaml: it is no file
    hint: remove fairlead.yaml, or go to another folder
    "
  `);
  const endless = await type(await folderWith({}), "fairlead ship --config /dev/zero");
  expect([endless.code, endless.stderr.split("\n")[0]]).toEqual([2, "fairlead: ship: /dev/zero:1:1 it is longer than 1 MiB"]);
});
