import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Ended } from "../../cli.ts";
import { gitEnvironment } from "../../doubles/bare.ts";
import { chromiumIsThere, openPage, startChromium } from "../../doubles/chromium.ts";
import { agree, codeFrom, plain, send, startAppWorld, url, type AppWorld } from "./world.ts";

let world: AppWorld;
beforeEach(async () => {
  world = await startAppWorld();
});
afterEach(async () => {
  expect([world.github.unknown, world.github.violations]).toEqual([[], []]);
  await world[Symbol.asyncDispose]();
});

/** The mode of a file, as `chmod` takes it. */
async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

interface Created {
  readonly app: { readonly id: number; readonly slug: string };
  readonly installation: { readonly id: number } | null;
  readonly written: readonly string[];
  readonly source: unknown;
  readonly secrets?: Readonly<Record<string, unknown>>;
}

const createdBy = ({ stdout }: { readonly stdout: string }): Created => JSON.parse(stdout) as Created;

test.skipIf(!chromiumIsThere)(
  "app create makes and installs an App by three clicks in a browser without scripts, and proves each permission",
  async () => {
    await using browser = await startChromium();
    const creating = world.create("--json");
    const page = await openPage(browser, await creating.page());
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
    expect(await page.title()).toBe("Create the App");
    expect(await page.getByRole("main").getByRole("heading", { level: 1 }).innerText()).toBe("Create the App");
    expect(await page.getByRole("button").allInnerTexts()).toEqual([`Go on to ${world.github.host}`]);
    await page.getByRole("button").click();
    await page.getByRole("button", { name: "Create GitHub App for acme" }).click();
    await page.getByRole("heading", { name: "Install fairlead-acme" }).waitFor();
    await page.getByRole("button", { name: "Install" }).click();
    const ended = await creating.ended;
    expect(ended.code, ended.stderr).toBe(0);
    const [app] = world.github.web.hooks.keys();
    const hook = world.github.web.hooks.get(app!)!;
    expect(JSON.parse(ended.stdout)).toEqual({
      app: { id: app, slug: "fairlead-acme", url: expect.stringContaining("/apps/fairlead-acme") as string },
      installation: { id: expect.any(Number) as number },
      written: [...["key.pem", "webhook-secret", "path-key"].map((file) => join(world.folder, "github-app", file)), world.config],
      source: { kind: "github", path: "file:github-app/path-key", secrets: "file:github-app/webhook-secret" },
      checks: [
        { check: "installation", verdict: "yes", detail: "at acme, for all repositories", advice: null },
        ...["app", "fleet"].map((name) => ({
          check: `repository:${world.github.host}/acme/${name}`,
          ...{ verdict: "yes", detail: "the App is installed there", advice: null },
        })),
        { check: "permission:contents", verdict: "yes", detail: "write", advice: null },
        { check: "permission:pull_requests", verdict: "yes", detail: "write", advice: null },
        { check: "permission:statuses", verdict: "yes", detail: "read", advice: null },
      ],
    });
    expect(plain(await world.read("fairlead.yaml"), world)).toMatchInlineSnapshot(`
      "# What the listener receives, and what it runs. \`fairlead config check\` says whether it is right.
      version: 1

      servers:
        github: { url: https://GITHUB, api: https://GITHUB/api/v3 }

      credentials:
        # The App fairlead-acme.
        GITHUB: { app: ID, key: file:github-app/key.pem }

      sources:
        github:
          kind: github
          path: file:github-app/path-key
          secrets: file:github-app/webhook-secret

      routes:
        # Each new head of main is built, and proposed to the Flux repository. Change these names to yours.
        - name: main
          when:
            source: github
            kind: push
            repository: GITHUB/acme/app
            branch: main
          run: ship
          with:
            repository: \${{ event.repository }}
            ref: \${{ event.commit }}
            image: ghcr.io/acme/app
            fluxRepository: GITHUB/acme/fleet
      "
    `);
    expect(await readdir(join(world.folder, "github-app"))).toEqual([".gitignore", "app-id", "key.pem", "path-key", "webhook-secret"]);
    for (const name of ["key.pem", "path-key", "webhook-secret"]) expect(await modeOf(join(world.folder, "github-app", name))).toBe("600");
    expect(await world.read("github-app/webhook-secret")).toBe(hook.secret);
    const sources = await world.command(["sources", "--url", url, "--json"]);
    expect((JSON.parse(sources.stdout) as readonly { readonly urls: readonly string[] }[])[0]?.urls).toEqual([hook.url]);
    expect((await world.command(["config", "check"])).code).toBe(0);
    const doctor = await world.command(["app", "doctor", "--json"]);
    expect(doctor.code, doctor.stdout).toBe(0);
  },
);

test("an App that app create makes is private, and asks for the permissions and events of a first route", async () => {
  const ended = await world.made("--json", "--no-wait");
  expect(ended.code, ended.stderr).toBe(0);
  expect(createdBy(ended).installation).toBeNull();
  const creating = world.create("--json", "--config", "other.yaml", "--kubernetes-secret", "other");
  const html = await (await fetch(await creating.page())).text();
  const [, manifest = ""] = /name="manifest" value="([^"]*)"/.exec(html) ?? [];
  const asked = JSON.parse(manifest.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))) as object;
  expect(asked).toEqual({
    name: "fairlead-acme",
    url,
    hook_attributes: { url: expect.stringMatching(/^https:\/\/hooks\.acme\.dev\/hook\/[0-9a-f]{64}$/) as string, active: true },
    redirect_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}\/back$/) as string,
    public: false,
    default_permissions: { contents: "write", pull_requests: "write", statuses: "read" },
    default_events: ["pull_request", "push"],
  });
});

test("app create adds the secrets to a file of variables, whose other lines stay, and prints none of them", async () => {
  await writeFile(join(world.folder, ".env"), "# ours\nOTHER=1", { mode: 0o600 });
  const ended = await world.made("--env-file", ".env", "--json");
  expect(ended.code, ended.stderr).toBe(0);
  expect(createdBy(ended)).toMatchObject({
    written: [".env", world.config],
    source: { kind: "github", path: "env:FAIRLEAD_GITHUB_PATH_KEY", secrets: "env:FAIRLEAD_GITHUB_WEBHOOK_SECRET" },
  });
  const text = await world.read(".env");
  expect(text.replace(/(KEY|SECRET)=("[^"]*"|\w+)/g, "$1=…").replace(/ID=\d+/, "ID=…")).toMatchInlineSnapshot(`
    "# ours
    OTHER=1
    FAIRLEAD_GITHUB_APP_ID=…
    FAIRLEAD_GITHUB_APP_KEY=…
    FAIRLEAD_GITHUB_WEBHOOK_SECRET=…
    FAIRLEAD_GITHUB_PATH_KEY=…
    "
  `);
  expect(await modeOf(join(world.folder, ".env"))).toBe("600");
  const [, pem = ""] = /APP_KEY="([^"]*)"/.exec(text) ?? [];
  const [, secret = ""] = /WEBHOOK_SECRET=(\w+)/.exec(text) ?? [];
  const [, path = ""] = /PATH_KEY=(\w+)/.exec(text) ?? [];
  for (const each of [secret, path, ...pem.split("\n").slice(1, -1)]) expect(ended.stdout + ended.stderr).not.toContain(each);
  const env = { FAIRLEAD_GITHUB_APP_KEY: pem, FAIRLEAD_GITHUB_WEBHOOK_SECRET: secret, FAIRLEAD_GITHUB_PATH_KEY: path };
  const doctor = await world.command(["app", "doctor", "--json"], env);
  expect(doctor.code, doctor.stdout).toBe(0);
});

test("app create writes the manifest of a Kubernetes Secret, which the configuration expects at /etc/fairlead", async () => {
  const ended = await world.made("--kubernetes-secret", "fairlead-github", "--json");
  expect(ended.code, ended.stderr).toBe(0);
  const file = join(world.folder, "fairlead-github.secret.yaml");
  expect(createdBy(ended)).toMatchObject({
    written: [file, world.config],
    source: { path: "file:/etc/fairlead/fairlead-github/path-key", secrets: "file:/etc/fairlead/fairlead-github/webhook-secret" },
  });
  expect(await modeOf(file)).toBe("600");
  expect(parse(await world.read("fairlead-github.secret.yaml"))).toEqual({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "fairlead-github" },
    type: "Opaque",
    stringData: {
      "app-id": String(createdBy(ended).app.id),
      "key.pem": expect.stringMatching(/^-----BEGIN RSA PRIVATE KEY-----\n[^]+-----END RSA PRIVATE KEY-----\n$/) as string,
      "path-key": expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      "webhook-secret": [...world.github.web.hooks.values()][0]?.secret,
    },
  });
});

test("app create --stdout prints the secrets alone, within the JSON or as lines, and writes them to no file", async () => {
  const ended = await world.made("--stdout", "--json");
  expect(ended.code, ended.stderr).toBe(0);
  const { id } = createdBy(ended).app;
  const secret = world.github.web.hooks.get(id)?.secret;
  expect(createdBy(ended).secrets).toEqual({
    id,
    key: expect.stringMatching(/^-----BEGIN RSA/) as string,
    webhookSecret: secret,
    pathKey: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  expect(ended.stderr).not.toContain(secret);
  expect(await readdir(world.folder)).toEqual(["fairlead.yaml"]);
  await rm(world.config);
  const creating = world.create("--stdout", "--no-wait");
  const install = await fetch(await codeFrom(await creating.page(), "second"), { redirect: "manual" });
  expect(install.status).toBe(303);
  const second = await creating.ended;
  expect(second.stdout).toMatch(/^FAIRLEAD_GITHUB_APP_ID=\d+\nFAIRLEAD_GITHUB_APP_KEY="-----BEGIN RSA/);
  expect(second.stdout).toContain(`App second (`);
});

test("app create refuses an answer with another state, says so on the page, and goes on", async () => {
  const creating = world.create("--json");
  const page = await creating.page();
  const back = new URL(await codeFrom(page));
  const right = back.href;
  back.searchParams.set("state", "x".repeat(43));
  const refused = await fetch(back, { redirect: "manual" });
  expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining("This answer does not belong to the page")]);
  expect(await readdir(world.folder)).toEqual([]);
  expect(world.github.requests.filter(({ path }) => path.startsWith("/app-manifests/"))).toEqual([]);
  const taken = await fetch(right, { redirect: "manual" });
  await send(taken.headers.get("location")!, { target: "all" });
  expect((await creating.ended).code).toBe(0);
  expect((await creating.ended).stderr).toContain("refused an answer that does not belong to this page");
});

test("a code that GitHub does not know any more ends app create, and nothing is written", async () => {
  const creating = world.create("--json");
  const back = await codeFrom(await creating.page());
  const code = new URL(back).searchParams.get("code")!;
  await fetch(`${world.github.apiUrl}/app-manifests/${code}/conversions`, { method: "POST", headers: { "user-agent": "somebody" } });
  const answer = await fetch(back, { redirect: "manual" });
  expect([answer.status, await answer.text()]).toEqual([502, expect.stringContaining("it was used, or is older than an hour")]);
  const ended = await creating.ended;
  expect(ended.code).toBe(4);
  expect(JSON.parse(ended.stdout)).toMatchObject({
    error: {
      code: "not_found",
      message: "create App: GitHub does not know the code: it was used, or is older than an hour",
      hint: "run it again, and delete an App that was made without its key",
    },
  });
  expect(await readdir(world.folder)).toEqual([]);
});

test("a code is taken again when GitHub did not answer, by a reload of the page", async () => {
  const creating = world.create("--json");
  const back = await codeFrom(await creating.page());
  world.github.fail({ method: "POST", path: /^\/app-manifests\//, status: 502 });
  const answer = await fetch(back, { redirect: "manual" });
  expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining("Reload this page to try again.")]);
  const taken = await fetch(back, { redirect: "manual" });
  await send(taken.headers.get("location")!, { target: "all" });
  expect((await creating.ended).code).toBe(0);
});

test("a name that is taken is changed on GitHub's page, and app create takes the new one", async () => {
  world.github.createApp({ slug: "fairlead-acme" });
  const creating = world.create("--json", "--no-wait");
  const page = await creating.page();
  expect(await codeFrom(page)).toContain("Name is already in use");
  await fetch(await codeFrom(page, "Acme Ships"), { redirect: "manual" });
  const ended = await creating.ended;
  expect(createdBy(ended).app.slug).toBe("acme-ships");
  expect(await world.read("fairlead.yaml")).toContain("# The App Acme Ships.");
});

test("an organization that is not one's own is told by the page, and stopping app create leaves nothing", async () => {
  const creating = world.create("--organization", "globex", "--json");
  const html = await (await fetch(await creating.page())).text();
  expect(html).toContain("you may not create Apps for globex: ask one of its owners");
  const [, action = ""] = /action="([^"]*)"/.exec(html) ?? [];
  expect((await send(action, {})).status).toBe(404);
  creating.stop("SIGINT");
  expect((await creating.ended).code).toBe(130);
  expect(await readdir(world.folder)).toEqual([]);
});

test.for([
  ["a URL that is not https", ["--url", "http://hooks.acme.dev"], 2, '"http://hooks.acme.dev" is not https'],
  ["a URL that is none", ["--url", "hooks"], 2, '"hooks" is no URL of a listener'],
  ["a URL with a password", ["--url", "https://a:hunter2@hooks.acme.dev"], 2, "it holds a credential"],
  ["an organization with a space", ["--organization", "ac me"], 2, 'app: --organization: "ac me" is no name of an organization'],
  ["an organization that is a path", ["--organization", "../acme"], 2, 'app: --organization: "../acme" is no name of an organization'],
  ["a port that is none", ["--port", "65536"], 2, "app: --port: 65536 is no port"],
  ["a name that is too long", ["--name", "n".repeat(35)], 2, "it is longer than 34 characters"],
  ["two places for the secrets", ["--stdout", "--env-file", "/dev/null"], 2, "the secrets are wanted in another place, too"],
  ["a name that no Secret has", ["--kubernetes-secret", "Not_A_Name"], 2, "it is no name of a Kubernetes Secret"],
  ["a file that is a device", ["--env-file", "/dev/null"], 2, "write /dev/null: it is no file"],
  ["a configuration in a folder that is not there", ["--config", "missing/fairlead.yaml"], 2, "its folder does not exist"],
] as const)("app create refuses %s before it opens a page", async ([, args, code, message]) => {
  const ended = await world.create(...args, "--json").ended;
  expect([ended.code, JSON.parse(ended.stdout)]).toEqual([
    code,
    { error: expect.objectContaining({ message: expect.stringContaining(message) as string }) as object },
  ]);
  expect(ended.stderr).not.toContain("http://127.0.0.1");
  expect(ended.stderr).not.toContain("hunter2");
  expect(await readdir(world.folder)).toEqual([]);
});

test("app create refuses a file of variables that others may read, and one with a part of the secrets, before it opens a page", async () => {
  const file = join(world.folder, ".env");
  await writeFile(file, "OTHER=1\n", { mode: 0o644 });
  const open = await world.create("--env-file", ".env", "--json").ended;
  expect([open.code, JSON.parse(open.stdout)]).toMatchObject([
    2,
    { error: { message: "write .env: it can be read by everybody (mode 0644)", hint: "run chmod 600 .env" } },
  ]);
  await rm(file);
  await writeFile(file, "FAIRLEAD_GITHUB_APP_ID=7\n", { mode: 0o600 });
  const part = await world.create("--env-file", ".env", "--json").ended;
  expect([part.code, JSON.parse(part.stdout)]).toMatchObject([
    5,
    { error: { message: "read .env: it has a part of an App's secrets alone" } },
  ]);
  expect(await world.read(".env")).toBe("FAIRLEAD_GITHUB_APP_ID=7\n");
});

test("app create run again goes on with the App of the configuration: it makes no other, and waits for the installation", async () => {
  const first = await world.made("--json", "--no-wait");
  const before = await world.read("fairlead.yaml");
  const again = world.create("--json");
  const install = await again.page();
  expect(install).toBe(`${createdBy(first).app.slug === "fairlead-acme" ? world.github.url : ""}/apps/fairlead-acme/installations/new`);
  await send(install, { target: "all" });
  const ended = await again.ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(createdBy(ended)).toMatchObject({ app: { id: createdBy(first).app.id }, written: [], source: createdBy(first).source });
  expect(await world.read("fairlead.yaml")).toBe(before);
  const third = await world.create("--json").ended;
  expect(createdBy(third)).toEqual(createdBy(ended));
  expect(third.stderr).toBe("");
  const other = await world.create("--json", "--organization", "globex").ended;
  expect([other.code, JSON.parse(other.stdout)]).toMatchObject([5, { error: { code: "conflict" } }]);
});

test("app create that was killed before it wrote the configuration takes up the App whose secrets it has kept", async () => {
  const first = await world.made("--json", "--no-wait");
  await rm(world.config);
  const ended = await world.create("--json", "--no-wait").ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(createdBy(ended)).toEqual({ ...createdBy(first), written: [world.config] });
  expect(world.github.web.hooks.size).toBe(1);
  expect((await world.command(["app", "doctor", "--json"])).stdout).toContain('"check": "hook",\n      "verdict": "yes"');
});

test("app create stopped while nobody installs the App leaves all that a second run needs", async () => {
  const creating = world.create("--json");
  const install = await agree(await creating.page());
  await creating.printed("choose its repositories");
  creating.stop("SIGINT");
  expect((await creating.ended).code).toBe(130);
  await send(install, { target: "selected" });
  const ended = await world.create("--json").ended;
  expect(ended.stdout).toContain("at acme, for chosen repositories");
  const { checks } = JSON.parse(ended.stdout) as { readonly checks: readonly { readonly check: string; readonly verdict: string }[] };
  const wrong = checks.filter(({ verdict }) => verdict !== "yes").map(({ check }) => check);
  expect([ended.code, wrong]).toEqual([4, [`repository:${world.github.host}/acme/fleet`]]); // a person chooses it in the installation's settings
});

test("a new App that not all of GitHub knows yet is asked again", async () => {
  const creating = world.create("--json");
  world.github.fail({ method: "GET", path: /^\/app$/, status: 404, body: { message: "Integration not found" } });
  world.github.fail({
    method: "GET",
    path: /^\/app\/installations$/,
    status: 401,
    body: { message: "A JSON web token could not be decoded" },
  });
  const install = await agree(await creating.page());
  await send(install, { target: "all" });
  const ended = await creating.ended;
  expect(ended.code, ended.stderr).toBe(0);
});

test("app create opens the page in a browser by a file of the person's own: its address is no argument of a program", async () => {
  const opener = join(world.folder, "xdg-open");
  await writeFile(opener, '#!/bin/sh\necho "$@" > opened-by\ncp "$1" opened.html\nmv opened.html there.html\n', { mode: 0o755 });
  const env = { DISPLAY: ":0", PATH: `${world.folder}:${process.env.PATH}` };
  const creating = world.createWith(env, "--browser", "auto", "--json", "--no-wait");
  await creating.printed("opened http://127.0.0.1:");
  const [, page = ""] = /opened (http\S+)/.exec(creating.said()) ?? [];
  const html = await vi.waitFor(() => world.read("there.html"));
  expect(html).toContain(`content="0;url=${page}"`);
  expect(await world.read("opened-by")).not.toContain(page);
  expect((await stat((await world.read("opened-by")).trim())).mode & 0o077).toBe(0);
  await agree(page);
  expect((await creating.ended).code).toBe(0);
  await expect(stat((await world.read("opened-by")).trim())).rejects.toThrow("ENOENT");
});

test("app create --port serves its page at that port, by which a tunnel leads the browser of another machine to it", async () => {
  const taken = createServer();
  await once(taken.listen(0, "127.0.0.1"), "listening");
  const { port } = taken.address() as AddressInfo;
  const refused = await world.create("--port", String(port), "--json").ended;
  expect([refused.code, JSON.parse(refused.stdout)]).toMatchObject([
    75,
    {
      error: {
        code: "unavailable",
        message: `listen at 127.0.0.1:${port}: another program listens there`,
        hint: "give another --port, or stop the program that listens there",
      },
    },
  ]);
  taken.close();
  await once(taken, "close");
  const creating = world.create("--port", String(port), "--json", "--no-wait");
  const page = await creating.page();
  expect(new URL(page).host).toBe(`127.0.0.1:${port}`);
  await agree(page);
  expect((await creating.ended).code).toBe(0);
});

test("app create warns of a --url that github.com cannot reach, and of none where GitHub is a server of one's own", async () => {
  const ofGitHub = { GITHUB_SERVER_URL: "", GITHUB_API_URL: "" };
  const creating = world.createWith(ofGitHub, "--url", "https://10.0.0.7");
  await creating.printed("warning: ");
  expect(plain(creating.said(), world)).toBe(
    "http://PAGE\nwarning: github.com cannot reach a listener at https://10.0.0.7: this address is of a private network: give the --url by which the internet reaches it\n",
  );
  creating.stop("SIGINT");
  expect((await creating.ended).code).toBe(130);
  const own = await world.made("--url", "https://hooks", "--no-wait", "--json");
  expect([own.code, own.stderr]).toEqual([0, expect.not.stringContaining("cannot reach")]);
});

test("app create warns of secrets that Git does not ignore, with the line to write, and not of its folder", async () => {
  await promisify(execFile)("git", ["init", "--quiet", world.folder], { env: gitEnvironment });
  const root = await realpath(world.folder);
  const place = ({ stderr }: Ended): string => plain(stderr, { ...world, folder: root }).replaceAll(world.folder, "FOLDER");
  const manifest = await world.made("--kubernetes-secret", "ours", "--no-wait", "--json");
  expect(place(manifest)).toBe(
    "http://PAGE\nwarning: FOLDER/ours.secret.yaml has secrets, and Git does not ignore it: write /ours.secret.yaml into FOLDER/.gitignore\n",
  );
  await rm(world.config);
  await writeFile(join(world.folder, ".env"), "", { mode: 0o600 });
  const taken = await world.made("--env-file", ".env", "--name", "second", "--no-wait", "--json");
  expect(place(taken)).toBe("http://PAGE\nwarning: .env has secrets, and Git does not ignore it: write /.env into FOLDER/.gitignore\n");
  await rm(world.config);
  const own = await world.made("--name", "third", "--no-wait", "--json");
  expect(place(own)).toBe("http://PAGE\n");
  await rm(world.config);
  await writeFile(join(world.folder, ".gitignore"), "*.secret.yaml\n");
  const ignored = await world.made("--kubernetes-secret", "fourth", "--name", "fourth", "--no-wait", "--json");
  expect(place(ignored)).toBe("http://PAGE\n");
});

test.for([
  ["a file of variables", ["--env-file", ".env"], "give the listener the variables of .env, and start it"],
  ["printed variables", ["--stdout"], "give the listener the variables that were printed, and start it"],
  ["a manifest", ["--kubernetes-secret", "ours"], "apply FOLDER/ours.secret.yaml, mount the Secret at /etc/fairlead/ours, and start it"],
  [
    "a printed manifest",
    ["--kubernetes-secret", "ours", "--stdout"],
    "apply the manifest that was printed, mount the Secret at /etc/fairlead/ours, and start it",
  ],
  ["a folder", [], "start the listener"],
] as const)("app create whose secrets are in %s ends with what is to be done next", async ([, args, next]) => {
  await writeFile(join(world.folder, ".env"), "", { mode: 0o600 }); // Node reads it before fairlead does
  const { code, stdout, stderr } = await world.made(...args, "--no-wait");
  expect(code, stderr).toBe(0);
  expect(plain(stdout, world).trimEnd().split("\n").slice(-2)).toEqual([
    "install it: https://GITHUB/apps/fairlead-acme/installations/new",
    `${next}: fairlead serve --config FOLDER/fairlead.yaml`,
  ]);
});

test("app create writes the server that the environment names, so that every other shell finds the App", async () => {
  const ended = await world.made("--json");
  expect(ended.code, ended.stderr).toBe(0);
  const { servers } = parse(await world.read("fairlead.yaml")) as { readonly servers: unknown };
  expect(servers).toEqual({ github: { url: world.github.url, api: world.github.apiUrl } });
  const otherShell = { GITHUB_SERVER_URL: "", GITHUB_API_URL: "" };
  const doctor = await world.command(["app", "doctor", "--json"], otherShell);
  expect(doctor.code, doctor.stdout).toBe(0);
  const again = await world.createWith(otherShell, "--json").ended;
  expect([again.code, createdBy(again).app.id]).toEqual([0, createdBy(ended).app.id]);
});

test("an App of a server that nobody names here is told by every action on Apps, and app create makes no other", async () => {
  const text = 'version: 1\ncredentials: { github.acme.dev: { app: 7, key: "file:app.pem" } }\n';
  await writeFile(world.config, text);
  const expected = {
    message: `read credentials: they name no App of ${world.github.host}, but of github.acme.dev`,
    hint: "write the server into servers of the configuration, such as { url: https://github.acme.dev }, or set its variable",
  };
  for (const action of ["doctor", "permissions"]) {
    const ended = await world.command(["app", action, "--json"]);
    expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([4, { error: expected }]);
  }
  const created = await world.create("--json").ended;
  expect([created.code, JSON.parse(created.stdout)]).toMatchObject([4, { error: expected }]);
  expect(await world.read("fairlead.yaml")).toBe(text);
});

test("app create run again with another URL is a conflict, and the App's hook stays", async () => {
  await world.made("--json", "--no-wait");
  const ended = await world.create("--json", "--url", "https://other.acme.dev").ended;
  expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([
    5,
    {
      error: {
        message: "create App: the App fairlead-acme sends its events to https://hooks.acme.dev, not to https://other.acme.dev",
        hint: "give --url https://hooks.acme.dev, or write the address that fairlead sources --url https://other.acme.dev prints into the App's page",
      },
    },
  ]);
  expect([...world.github.web.hooks.values()][0]?.url).toMatch(/^https:\/\/hooks\.acme\.dev\/hook\//);
});

test("secrets of another organization's App are told by their folder, and no configuration is written", async () => {
  await world.made("--json", "--no-wait");
  await rm(world.config);
  const ended = await world.create("--json", "--organization", "globex").ended;
  expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([
    5,
    { error: { message: `create App: ${join(world.folder, "github-app")} has the App fairlead-acme of acme` } },
  ]);
  expect(await readdir(world.folder)).toEqual(["github-app"]);
});

test("app create stopped before GitHub sends the browser back says where an App without a key is deleted", async () => {
  const creating = world.create("--json");
  expect(await codeFrom(await creating.page())).toContain("code=");
  creating.stop("SIGINT");
  const ended = await creating.ended;
  expect(ended.code).toBe(130);
  expect(plain(ended.stderr, world)).toContain(
    "nobody has its key: delete it on the page of your Apps, https://GITHUB/organizations/acme/settings/apps\n",
  );
  const unseen = world.create("--json");
  await unseen.page();
  unseen.stop("SIGINT");
  expect((await unseen.ended).stderr).not.toContain("delete it");
});

test("app create run again prints the page on which the App is installed once", async () => {
  await world.made("--json", "--no-wait");
  const again = world.create("--json");
  const install = await again.page();
  await again.printed("choose its repositories");
  await send(install, { target: "all" });
  expect((await again.ended).stderr.split(install).length - 1).toBe(1);
});
