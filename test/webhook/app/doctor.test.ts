import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stringify } from "yaml";
import type { MadeApp } from "../../doubles/github/apps/actions.ts";
import { plain, startAppWorld, type AppWorld } from "./world.ts";

let world: AppWorld;
beforeEach(async () => {
  world = await startAppWorld();
});
afterEach(async () => {
  expect([world.github.unknown, world.github.violations]).toEqual([[], []]);
  await world[Symbol.asyncDispose]();
});

const granted = { contents: "write", pull_requests: "write", statuses: "read" } as const;
/** What `app doctor` has said of each check. */
type Verdicts = Readonly<Record<string, string>>;

/** Makes an App, its installation, and the configuration of a listener that ships with it. */
async function configured(
  permissions: Readonly<Record<string, "read" | "write">> = granted,
  events = ["pull_request", "push"],
): Promise<MadeApp> {
  const app = world.github.createApp({ slug: "ships", owner: "acme", permissions, events });
  await writeFile(join(world.folder, "app.pem"), app.pem, { mode: 0o600 });
  await configure({ [world.github.host]: { app: app.id, key: "file:app.pem" } });
  return app;
}

async function configure(credentials: object, more: object = {}): Promise<void> {
  const { host } = world.github;
  const source = { kind: "github", secrets: "env:HOOK_SECRET" };
  const ships = { image: "ghcr.io/acme/app", fluxRepository: `${host}/acme/fleet` };
  const when = { source: "github", kind: "push", repository: `${host}/acme/app`, branch: "main" };
  const withAll = { repository: "${{ event.repository }}", ref: "${{ event.commit }}", ...ships };
  const tells = {
    name: "tell",
    when: { ...when, kind: "tag", branch: undefined, tag: "v*" },
    run: "notify",
    with: { message: "out", to: ["slack:C0123456789"] },
  };
  const routes = [{ name: "main", when, run: "ship", with: withAll }, JSON.parse(JSON.stringify(tells)) as object];
  await writeFile(world.config, stringify({ version: 1, routes, ...more, credentials, sources: { github: source } }));
}

const env = { HOOK_SECRET: "a secret of the hook of acme" };

async function doctor(): Promise<{ readonly code: number | null; readonly verdicts: Verdicts; readonly error: unknown }> {
  const { code, stdout } = await world.command(["app", "doctor", "--json"], env);
  const { checks, error } = JSON.parse(stdout) as { checks: { check: string; verdict: string; detail: string }[]; error: unknown };
  return {
    code,
    error,
    verdicts: Object.fromEntries(checks.map(({ check, verdict, detail }) => [plain(check, world), `${verdict}: ${plain(detail, world)}`])),
  };
}

/** Lets the App send its events to the listener, as `app create` does. */
async function connect({ id }: MadeApp): Promise<void> {
  const { stdout } = await world.command(["sources", "--json", "--url", "https://hooks.acme.dev"], env);
  const [source] = JSON.parse(stdout) as { urls: string[] }[];
  world.github.web.hooks.set(id, { url: source!.urls[0]!, secret: env.HOOK_SECRET });
}

test("app doctor finds nothing wrong with an App that its routes can work with", async () => {
  const app = await configured();
  await connect(app);
  world.github.installApp({ app: app.id, account: "acme", repositories: ["acme/app", "acme/fleet"] });
  expect(await doctor()).toMatchInlineSnapshot(`
    {
      "code": 0,
      "error": null,
      "verdicts": {
        "app": "yes: ships, of acme",
        "clock": "yes: as that of GITHUB",
        "events": "yes: pull_request, push",
        "hook": "yes: its events come to source github, by hooks.acme.dev",
        "installation": "yes: at acme, for chosen repositories",
        "key": "yes: that of App ID can be read",
        "permission:contents": "yes: write",
        "permission:pull_requests": "yes: write",
        "permission:statuses": "yes: read",
        "repository:GITHUB/acme/app": "yes: the App is installed there",
        "repository:GITHUB/acme/fleet": "yes: the App is installed there",
      },
    }
  `);
});

test("app doctor tells what an App lacks: its hook, events, and a permission that nobody has accepted", async () => {
  const app = await configured({ contents: "write", pull_requests: "read" }, ["push"]);
  world.github.installApp({ app: app.id, account: "acme" });
  expect(await doctor()).toMatchInlineSnapshot(`
    {
      "code": 6,
      "error": {
        "code": "unsupported",
        "hint": "write the address that fairlead sources prints into the App's page, or its key into the source's path",
        "message": "check hook: the App sends its events nowhere",
        "problems": [
          {
            "column": null,
            "file": null,
            "line": null,
            "message": "check hook: the App sends its events nowhere",
            "path": null,
          },
        ],
      },
      "verdicts": {
        "app": "yes: ships, of acme",
        "clock": "yes: as that of GITHUB",
        "events": "no: it is not sent pull_request",
        "hook": "no: the App sends its events nowhere",
        "installation": "yes: at acme, for all repositories",
        "key": "yes: that of App ID can be read",
        "permission:contents": "yes: write",
        "permission:pull_requests": "no: use pull_requests: the installation does not have pull_requests: write",
        "permission:statuses": "no: use statuses: the installation does not have statuses: read",
        "repository:GITHUB/acme/app": "yes: the App is installed there",
        "repository:GITHUB/acme/fleet": "yes: the App is installed there",
      },
    }
  `);
});

test("app doctor tells a suspended installation, and one that is nowhere", async () => {
  const app = await configured();
  await connect(app);
  const none = await doctor();
  expect([none.code, none.verdicts.installation, none.verdicts["permission:contents"]]).toEqual([
    4,
    "no: find the App's installation: it is installed nowhere",
    'unknown: not tried without "installation"',
  ]);
  world.github.suspendInstallation(world.github.installApp({ app: app.id, account: "acme" }), true);
  const suspended = await doctor();
  expect([suspended.code, suspended.verdicts.installation]).toEqual([3, "no: use the App's installation: it is suspended at acme"]);
});

test("app doctor tells a key that is not the App's, one that is none, and one that is not there", async () => {
  const app = await configured();
  const other = world.github.createApp({ slug: "other" });
  await writeFile(join(world.folder, "app.pem"), other.pem);
  const wrong = await doctor();
  expect([wrong.code, wrong.verdicts.key, wrong.verdicts.app]).toMatchInlineSnapshot(`
    [
      3,
      "yes: that of App ID can be read",
      "no: ask GitHub App ID: GitHub does not take the key (A JSON web token could not be decoded)",
    ]
  `);
  await writeFile(join(world.folder, "app.pem"), "no key at all\n");
  const none = await doctor();
  expect([none.code, none.verdicts.app]).toMatchInlineSnapshot(`
    [
      2,
      "no: use App ID of GITHUB: its key is no private key in PEM",
    ]
  `);
  await configure({ [world.github.host]: { app: app.id, key: "file:missing.pem" } });
  const missing = await doctor();
  expect([missing.code, missing.verdicts.key, missing.verdicts.app]).toMatchInlineSnapshot(`
    [
      2,
      "no: reveal secret key of App ID: the file FOLDER/missing.pem cannot be read (ENOENT)",
      "unknown: not tried without "key"",
    ]
  `);
});

test("every action on Apps, and sources, warn of a key that others may read", async () => {
  const app = await configured();
  await connect(app);
  world.github.installApp({ app: app.id, account: "acme" });
  await chmod(world.folder, 0o755);
  await chmod(join(world.folder, "app.pem"), 0o644);
  const warning = "warning: the file FOLDER/app.pem has a secret, and can be read by everybody (mode 0644): run chmod 600 FOLDER/app.pem\n";
  const ended = await Promise.all([
    ...[["app", "doctor"], ["app", "permissions"], ["sources"]].map((args) => world.command([...args, "--json"], env)),
    world.createWith(env, "--json").ended,
  ]);
  expect(ended.map(({ code, stderr }) => [code, stderr.replaceAll(world.folder, "FOLDER")])).toEqual(ended.map(() => [0, warning]));
});

test("a clock that is 3 minutes off is told by app doctor, and stops nothing else", async () => {
  const app = await configured();
  await connect(app);
  world.github.installApp({ app: app.id, account: "acme" });
  world.github.setClock(-180_000);
  const { code, verdicts } = await doctor();
  expect([code, verdicts.app, verdicts["permission:contents"]]).toEqual([6, "yes: ships, of acme", "yes: write"]);
  expect(verdicts.clock).toMatch(/^no: 1[78]\d s ahead of that of GITHUB$/);
});

test("app doctor without an App says how to make one", async () => {
  await configure({});
  const { code, stdout } = await world.command(["app", "doctor", "--json"], env);
  expect([code, JSON.parse(stdout)]).toMatchObject([
    4,
    { error: { message: "read credentials: they name no App", hint: "run fairlead app create --url https://HOST" } },
  ]);
});

test("app permissions without an App lists what the routes need, step by step", async () => {
  await configure({});
  const { code, stdout } = await world.command(["app", "permissions", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(plain(stdout, world))).toMatchInlineSnapshot(`
    [
      {
        "for": [
          {
            "pipeline": "ship",
            "repository": "GITHUB/acme/app",
            "route": "main",
            "step": "clone",
          },
          {
            "pipeline": "ship",
            "repository": "GITHUB/acme/fleet",
            "route": "main",
            "step": "check-earlier",
          },
          {
            "pipeline": "ship",
            "repository": "GITHUB/acme/fleet",
            "route": "main",
            "step": "push-branch",
          },
          {
            "pipeline": "ship",
            "repository": "GITHUB/acme/fleet",
            "route": "main",
            "step": "close-pull-request",
          },
          {
            "pipeline": "ship",
            "repository": "GITHUB/acme/fleet",
            "route": "main",
            "step": "wait",
          },
          {
            "pipeline": "ship",
            "repository": "GITHUB/acme/app",
            "route": "main",
            "step": "event push",
          },
          {
            "pipeline": "notify",
            "repository": "GITHUB/acme/app",
            "route": "tell",
            "step": "event push",
          },
        ],
        "granted": null,
        "needs": "write",
        "ok": false,
        "permission": "contents",
      },
      {
        "for": [
          {
            "pipeline": "ship",
            "repository": "GITHUB/acme/fleet",
            "route": "main",
            "step": "push-branch",
          },
          {
            "pipeline": "ship",
            "repository": "GITHUB/acme/fleet",
            "route": "main",
            "step": "open-pull-request",
          },
          {
            "pipeline": "ship",
            "repository": "GITHUB/acme/fleet",
            "route": "main",
            "step": "close-pull-request",
          },
          {
            "pipeline": "ship",
            "repository": "GITHUB/acme/fleet",
            "route": "main",
            "step": "wait",
          },
        ],
        "granted": null,
        "needs": "write",
        "ok": false,
        "permission": "pull_requests",
      },
      {
        "for": [
          {
            "pipeline": "ship",
            "repository": "GITHUB/acme/fleet",
            "route": "main",
            "step": "wait",
          },
        ],
        "granted": null,
        "needs": "read",
        "ok": false,
        "permission": "statuses",
      },
    ]
  `);
});

test("app permissions counts what reports need at the repository of the commit, and auto is a check", async () => {
  await configure({}, { reports: ["auto", "deployment"] });
  const { stdout } = await world.command(["app", "permissions", "--json"]);
  const needs = JSON.parse(stdout) as { permission: string; needs: string; for: { step: string }[] }[];
  const told = needs.map(({ permission, needs: level, for: uses }) => [
    `${permission}: ${level}`,
    uses.filter(({ step }) => step.startsWith("report ")).map(({ step }) => step),
  ]);
  expect(Object.fromEntries(told)).toMatchInlineSnapshot(`
    {
      "checks: write": [
        "report check",
        "report check",
      ],
      "contents: write": [],
      "deployments: write": [
        "report deployment",
        "report deployment",
      ],
      "pull_requests: write": [],
      "statuses: read": [],
    }
  `);
});

/** Returns what `app permissions` says each permission is for: its steps, by their repositories. */
async function uses(): Promise<Readonly<Record<string, readonly string[]>>> {
  const { code, stdout, stderr } = await world.command(["app", "permissions", "--json"]);
  expect(code, stderr).toBe(0);
  const needs = JSON.parse(plain(stdout, world)) as { permission: string; needs: string; for: { step: string; repository: string }[] }[];
  return Object.fromEntries(
    needs.map(({ permission, needs: level, for: each }) => [`${permission}: ${level}`, each.map((use) => `${use.step} ${use.repository}`)]),
  );
}

test("app permissions counts a gate at the repository of the event, and a deployment behind it at the one that it writes", async () => {
  const { host } = world.github;
  const when = { source: "github", kind: "push", repository: `${host}/acme/app`, branch: "main" };
  const gate = { checks: ["ci/test"], approve: { github: ["acme/release-team"] } };
  const deploys = { run: "deploy", with: { images: ["ghcr.io/acme/app:1.4.3"], fluxRepository: `${host}/acme/fleet` } };
  const tells = { run: "notify", with: { message: "out", to: ["slack:C0123456789"] } };
  const routes = [
    { name: "production", when, gate, ...deploys },
    { name: "tell", when, gate: { checks: ["ci/test"] }, ...tells },
  ];
  await writeFile(world.config, stringify({ version: 1, sources: { github: { kind: "github", secrets: "env:HOOK_SECRET" } }, routes }));
  expect(await uses()).toMatchInlineSnapshot(`
    {
      "checks: read": [
        "wait-for GITHUB/acme/app",
        "wait-for GITHUB/acme/app",
      ],
      "contents: write": [
        "approve GITHUB/acme/app",
        "check-earlier GITHUB/acme/fleet",
        "push-branch GITHUB/acme/fleet",
        "close-pull-request GITHUB/acme/fleet",
        "wait GITHUB/acme/fleet",
        "event push GITHUB/acme/app",
        "event push GITHUB/acme/app",
      ],
      "members: read": [
        "approve GITHUB/acme/app",
      ],
      "pull_requests: write": [
        "approve GITHUB/acme/app",
        "push-branch GITHUB/acme/fleet",
        "open-pull-request GITHUB/acme/fleet",
        "close-pull-request GITHUB/acme/fleet",
        "wait GITHUB/acme/fleet",
      ],
      "statuses: read": [
        "wait-for GITHUB/acme/app",
        "wait GITHUB/acme/fleet",
        "wait-for GITHUB/acme/app",
      ],
    }
  `);
});

test("app permissions says acme/* of a route that is for all repositories of an owner", async () => {
  const { host } = world.github;
  const routes = [
    {
      name: "images",
      when: { source: "github", kind: "push", repository: `${host}/acme/*`, branch: "main" },
      run: "build",
      with: {
        repository: "${{ event.repository }}",
        ref: "${{ event.commit }}",
        image: "ghcr.io/acme/${{ event.repository.name | lower }}",
      },
      "from-repository": ["dockerfile", "context", "platforms", "buildArgs"],
      reports: ["check"],
    },
  ];
  await configure({ [host]: { app: 1, key: "file:missing.pem" } }, { routes });
  expect(await uses()).toMatchInlineSnapshot(`
    {
      "checks: write": [
        "report check GITHUB/acme/*",
      ],
      "contents: read": [
        "read-settings GITHUB/acme/*",
        "clone GITHUB/acme/*",
        "event push GITHUB/acme/*",
      ],
    }
  `);
});

test("app permissions fails when the installation lacks one, and lists what is granted", async () => {
  const app = await configured();
  const id = world.github.installApp({ app: app.id, account: "acme", permissions: { contents: "read", pull_requests: "write" } });
  const { code, stdout, stderr } = await world.command(["app", "permissions"]);
  expect([code, plain(stdout, world), stderr]).toMatchInlineSnapshot(`
    [
      3,
      "PERMISSION     NEEDS  GRANTED
    contents       write  read
        GITHUB/acme/app: clone, event push
        GITHUB/acme/fleet: check-earlier, push-branch,
            close-pull-request, wait
    pull_requests  write  write
        GITHUB/acme/fleet: push-branch, open-pull-request,
            close-pull-request, wait
    statuses       read   none
        GITHUB/acme/fleet: wait
    ",
      "fairlead: use the App: it lacks contents: write, statuses: read
    hint: add them on the App's page, and accept them on that of its installation
    ",
    ]
  `);
  world.github.changeInstallation(id, { permissions: granted });
  const all = await world.command(["app", "permissions", "--json"]);
  expect([all.code, (JSON.parse(all.stdout) as { granted: string; ok: boolean }[]).map(({ granted: level, ok }) => [level, ok])]).toEqual([
    0,
    [
      ["write", true],
      ["write", true],
      ["read", true],
    ],
  ]);
});

test("app permissions of an App whose key is not on this machine lists what the routes need, with a warning", async () => {
  await configure({ [world.github.host]: { app: 1, key: "file:missing.pem" } });
  const { code, stdout, stderr } = await world.command(["app", "permissions"]);
  expect([code, plain(stdout, world), plain(stderr, world)]).toMatchInlineSnapshot(`
    [
      0,
      "PERMISSION     NEEDS  GRANTED
    contents       write  unknown
        GITHUB/acme/app: clone, event push
        GITHUB/acme/fleet: check-earlier, push-branch,
            close-pull-request, wait
    pull_requests  write  unknown
        GITHUB/acme/fleet: push-branch, open-pull-request,
            close-pull-request, wait
    statuses       read   unknown
        GITHUB/acme/fleet: wait
    ",
      "warning: what is granted is unknown: reveal secret key of App 1: the file FOLDER/missing.pem cannot be read (ENOENT)
    ",
    ]
  `);
});

test("app doctor and app permissions look at one of several Apps, in the repositories that it is for, and name all without --app", async () => {
  const { host } = world.github;
  const app = await configured({ contents: "read" }, ["push"]);
  world.github.installApp({ app: app.id, account: "acme", repositories: ["acme/app"] });
  await configure({ [host]: { app: app.id, key: "file:app.pem" }, [`${host}/acme/fleet`]: { app: 2, key: "file:b.pem" } });
  for (const action of ["doctor", "permissions"]) {
    const { code, stderr } = await world.command(["app", action], env);
    const message = `fairlead: read credentials: they name App ${app.id} and App 2\nhint: name one: --app ${app.id} or --app 2\n`;
    expect([code, stderr]).toEqual([5, message]);
  }
  const one = await world.command(["app", "permissions", "--app", String(app.id)]);
  const other = await world.command(["app", "permissions", "--app", "2"]);
  expect([one, other].map(({ code, stdout }) => [code, plain(stdout, world)])).toMatchInlineSnapshot(`
    [
      [
        0,
        "PERMISSION  NEEDS  GRANTED
    contents    read   read
        GITHUB/acme/app: clone, event push
    ",
      ],
      [
        0,
        "PERMISSION     NEEDS  GRANTED
    contents       write  unknown
        GITHUB/acme/fleet: check-earlier, push-branch,
            close-pull-request, wait
    pull_requests  write  unknown
        GITHUB/acme/fleet: push-branch, open-pull-request,
            close-pull-request, wait
    statuses       read   unknown
        GITHUB/acme/fleet: wait
    ",
      ],
    ]
  `);
  const none = await world.command(["app", "doctor", "--app", "3"], env);
  expect([none.code, none.stderr]).toEqual([4, `fairlead: read credentials: they name no App 3\nhint: name one of ${app.id}, 2\n`]);
});

test("app doctor and app permissions name a repository of the routes that the installation has not chosen", async () => {
  const app = await configured();
  await connect(app);
  world.github.installApp({ app: app.id, account: "acme", repositories: ["acme/app"] });
  const { code, stdout, stderr } = await world.command(["app", "doctor"], env);
  expect([code, plain(stdout, world), stderr]).toMatchInlineSnapshot(`
    [
      4,
      "key                                   yes      that of App ID can be read
    clock                                 yes      as that of GITHUB
    app                                   yes      ships, of acme
    hook                                  yes      its events come to source github,
                                                   by hooks.acme.dev
    events                                yes      pull_request, push
    installation                          yes      at acme, for chosen repositories
    repository:GITHUB/acme/app   yes      the App is installed there
    repository:GITHUB/acme/fleet no       use the App in
                                                   GITHUB/acme/fleet: it is
                                                   not installed there
                                                   → add the repository to the
                                                     installation: open
                                                     https://GITHUB/organizations/acme/settings/installations/ID,
                                                     or write another name into the
                                                     route
    permission:contents                   yes      write
    permission:pull_requests              yes      write
    permission:statuses                   yes      read
    ",
      "",
    ]
  `);
  const permissions = await world.command(["app", "permissions"]);
  expect([permissions.code, plain(permissions.stderr, world)]).toMatchInlineSnapshot(`
    [
      4,
      "fairlead: use the App in GITHUB/acme/fleet: it is not installed there
    hint: add the repository to the installation: open https://GITHUB/organizations/acme/settings/installations/ID, or write another name into the route
    ",
    ]
  `);
});

test("app doctor finds nothing wrong with a repository without the App for which the configuration has a token too", async () => {
  const app = await configured();
  await connect(app);
  world.github.installApp({ app: app.id, account: "acme", repositories: ["acme/app"] });
  const { host } = world.github;
  await configure({ [host]: { token: "env:GITHUB_TOKEN" }, [`${host}/acme`]: { app: app.id, key: "file:app.pem" } });
  const { code, verdicts } = await doctor();
  expect([code, verdicts["repository:GITHUB/acme/fleet"]]).toEqual([
    0,
    "yes: the App is not installed there: runs use the credential of GITHUB",
  ]);
});

test("app doctor and app permissions wrap their words at the width of the terminal", async () => {
  await configured();
  for (const args of [
    ["app", "permissions"],
    ["app", "doctor"],
  ]) {
    const { stdout } = await world.command(args, { ...env, COLUMNS: "60" });
    const long = stdout.split("\n").filter((line) => line.length > 60 && line.trim().includes(" "));
    expect([stdout.length > 200, long]).toEqual([true, []]);
  }
});
