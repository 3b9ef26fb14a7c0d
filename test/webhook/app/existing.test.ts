import { chmod, stat, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { plain, startAppWorld, type AppWorld } from "./world.ts";

// GitHub is a server of one's own, which the configuration names.
let world: AppWorld;
beforeEach(async () => {
  world = await startAppWorld({ servers: true });
});
afterEach(async () => {
  expect([world.github.unknown, world.github.violations]).toEqual([[], []]);
  await world[Symbol.asyncDispose]();
});

/** A configuration that somebody wrote, with a source and a route that have nothing to do with the App. */
const written = ({ github: { url, apiUrl, host } }: AppWorld): string => `# Our listener.
version: 1

servers:
  github: { url: "${url}", api: "${apiUrl}" } # ours

credentials:
    # a token, until the App is there
    "${host}": {token:   env:GITHUB_TOKEN}

sources:
  github:
    kind: github
    secrets: env:HOOK_SECRET   # of the repository's hook


routes:
- name: main
  when: { source: github, kind: push, repository: ${host}/acme/app, branch: main }
  run: deploy
  with: { images: ["ghcr.io/acme/app:\${{ event.commit }}"], fluxRepository: ${host}/acme/fleet }

listen: { port: 0, path: /ci }
`;

test("app create writes into a configuration that is there, and leaves every other byte of it", async () => {
  await writeFile(world.config, written(world));
  await chmod(world.config, 0o640);
  const ended = await world.made("--json");
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stderr).toContain("routes of source github stay as they are: write github-app there to start them by the App\n");
  expect(plain(await world.read("fairlead.yaml"), world)).toMatchInlineSnapshot(`
    "# Our listener.
    version: 1

    servers:
      github: { url: "https://GITHUB", api: "https://GITHUB/api/v3" } # ours

    credentials:
        # a token, until the App is there
        "GITHUB": {token:   env:GITHUB_TOKEN}
        # The App fairlead-acme.
        GITHUB/acme: { app: ID, key: file:github-app/key.pem }

    sources:
      github:
        kind: github
        secrets: env:HOOK_SECRET   # of the repository's hook
      github-app:
        kind: github
        path: file:github-app/path-key
        secrets: file:github-app/webhook-secret


    routes:
    - name: main
      when: { source: github, kind: push, repository: GITHUB/acme/app, branch: main }
      run: deploy
      with: { images: ["ghcr.io/acme/app:\${{ event.commit }}"], fluxRepository: GITHUB/acme/fleet }

    listen: { port: 0, path: /ci }
    "
  `);
  expect(((await stat(world.config)).mode & 0o777).toString(8)).toBe("640");
  expect([...world.github.web.hooks.values()][0]?.url).toMatch(/^https:\/\/hooks\.acme\.dev\/ci\/hook\/[0-9a-f]{64}$/);
  const doctor = await world.command(["app", "doctor"], { HOOK_SECRET: "another secret of the hook" });
  expect(plain(doctor.stdout, world)).toMatchInlineSnapshot(`
    "key                                   yes      that of App ID can be read
    clock                                 yes      as that of GITHUB
    app                                   yes      fairlead-acme, of acme
    hook                                  yes      its events come to source
                                                   github-app, by hooks.acme.dev
    events                                yes      pull_request, push
    installation                          yes      at acme, for all repositories
    repository:GITHUB/acme/app   yes      the App is installed there
    repository:GITHUB/acme/fleet yes      the App is installed there
    permission:contents                   yes      write
    permission:pull_requests              yes      write
    permission:statuses                   yes      read
    "
  `);
});

test("app create says so when the configuration has no place for an App, before it opens a page", async () => {
  const text = `version: 1\nx: &c {}\ncredentials: *c\nservers: { github: { url: "${world.github.url}", api: "${world.github.apiUrl}" } }\n`;
  await writeFile(world.config, text);
  const wrong = await world.create("--json").ended;
  expect([wrong.code, JSON.parse(wrong.stdout)]).toMatchObject([2, { error: { code: "input" } }]); // x is no field
  await writeFile(world.config, text.replace("x: &c {}\ncredentials: *c", "credentials: &c {}\nsources: *c"));
  const alias = await world.create("--json").ended;
  expect([alias.code, JSON.parse(alias.stdout)]).toMatchObject([
    6,
    { error: { message: `add credentials.${world.github.host}: its place in the configuration is one that only a person can change` } },
  ]);
  expect(alias.stderr).not.toContain("http://127.0.0.1");
});

test("app create asks for the events of check runs where runs are reported as checks, for the button Re-run", async () => {
  const asked: string[][] = [];
  for (const reports of ["check", "status"]) {
    await writeFile(world.config, `${written(world)}reports: ${reports}\n`);
    const creating = world.create("--json");
    const html = await (await fetch(await creating.page())).text();
    const [, manifest = ""] = /name="manifest" value="([^"]*)"/.exec(html) ?? [];
    const { default_events: events } = JSON.parse(
      manifest.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
    ) as {
      readonly default_events: string[];
    };
    asked.push(events);
    creating.stop("SIGTERM");
    await creating.ended;
  }
  expect(asked).toEqual([
    ["check_run", "pull_request", "push"],
    ["pull_request", "push"],
  ]);
});
