import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseRepository } from "../../src/core/git/repository.ts";
import { secretValue } from "../../src/secrets.ts";
import { createRedactor } from "../../src/core/secret.ts";
import type { MadeApp } from "../doubles/github/apps/actions.ts";
import { startGitHub, type GitHub } from "../doubles/github.ts";
import { openAppBed } from "./app-bed.ts";

const minute = 60_000;
const permissions = { contents: "write", pull_requests: "write", statuses: "read" } as const;

let github: GitHub;
let app: MadeApp;
let installation: number;

beforeEach(async () => {
  github = await startGitHub();
  for (const name of ["acme/app", "acme/fleet"]) await github.createRepository(name, { private: true, files: { "a.txt": "a\n" } });
  app = github.createApp({ slug: "acme-fairlead", permissions });
  installation = github.installApp({ app: app.id, account: "acme" });
});
afterEach(async () => {
  expect([...github.violations, ...github.unknown]).toEqual([]);
  await github.stop();
});

const at = (name: string) => parseRepository(`${github.url}/${name}`);
const minted = () => github.mintedTokens().map(({ repositories, permissions: given }) => ({ repositories, permissions: given }));
const asked = (from = 0) => github.requests.slice(from).map(({ method, path, status }) => `${method} ${path} ${status}`);

describe("the tokens of a GitHub App", () => {
  test("an App's token is for one repository, with the permissions that are asked, and no more", async () => {
    const bed = openAppBed(github, { app });
    const token = await bed.token("acme/app", "contents:read");
    expect(token).toMatch(/^ghs_/);
    expect(await bed.token("acme/fleet", "pull-requests:write", "contents:write")).not.toBe(token);
    expect(minted()).toEqual([
      { repositories: ["acme/app"], permissions: { metadata: "read", contents: "read" } },
      { repositories: ["acme/fleet"], permissions: { metadata: "read", contents: "write", pull_requests: "write" } },
    ]);
    expect(bed.redact(`it is ${token}`)).toBe("it is ***");
  });

  test("the second token of a repository is made by its id, after one request", async () => {
    const bed = openAppBed(github, { app });
    await bed.token("acme/app", "contents:read");
    expect(asked()).toEqual(["GET /repos/acme/app/installation 200", `POST /app/installations/${installation}/access_tokens 201`]);
    const before = github.requests.length;
    await bed.token("acme/app", "contents:write");
    await bed.token("acme/app", "contents:read");
    expect(asked(before)).toEqual([`POST /app/installations/${installation}/access_tokens 201`]);
  });

  test("a repository that the run writes to has one token, with all that its steps need there and that was granted", async () => {
    const needs = ["contents:write", "pull-requests:write", "statuses:read", "checks:write", "registry:push"] as const;
    const bed = openAppBed(github, { app, needs, written: ["acme/fleet"] });
    const tokens = await Promise.all([
      bed.token("acme/fleet", "contents:read"),
      bed.token("acme/fleet", "contents:write"),
      bed.token("acme/fleet", "pull-requests:write"),
    ]);
    expect(new Set(tokens).size).toBe(1);
    await bed.token("acme/app", "contents:read");
    expect(minted()).toEqual([
      { repositories: ["acme/fleet"], permissions: { metadata: "read", ...permissions } },
      { repositories: ["acme/app"], permissions: { metadata: "read", contents: "read" } },
    ]);
  });

  test("a repository called contents does not get the token that has contents: read, as it does of @octokit/auth-app", async () => {
    await github.createRepository("acme/contents", { private: true });
    const bed = openAppBed(github, { app });
    const first = await bed.token("acme/app", "contents:read");
    const second = await bed.token("acme/contents");
    expect(second).not.toBe(first);
    expect(minted()).toEqual([
      { repositories: ["acme/app"], permissions: { metadata: "read", contents: "read" } },
      { repositories: ["acme/contents"], permissions: { metadata: "read", ...permissions } },
    ]);
  });

  test("two GitHubs with Apps of one ID, and two Apps of one GitHub, never share a token", async () => {
    await using other = await startGitHub();
    for (const name of ["acme/app", "acme/fleet"]) await other.createRepository(name, { private: true });
    const twin = other.createApp({ slug: "acme-fairlead", permissions });
    expect([twin.id, other.installApp({ app: twin.id, account: "acme" })]).toEqual([app.id, installation]);
    const second = github.createApp({ slug: "second", permissions });
    github.installApp({ app: second.id, account: "acme" });
    const tokens = await Promise.all([
      openAppBed(github, { app }).token("acme/app", "contents:read"),
      openAppBed(other, { app: twin }).token("acme/app", "contents:read"),
      openAppBed(github, { app: second }).token("acme/app", "contents:read"),
    ]);
    expect(new Set(tokens).size).toBe(3);
  });

  test("a run of a week never holds a token that has ended, by GitHub's clock", async () => {
    const bed = openAppBed(github, { app });
    const day = 24 * 60 * minute;
    for (let passed = 0; passed < 7 * day; passed += 25 * minute) {
      github.setClock(passed);
      const token = await bed.token("acme/app", "contents:read");
      const { ok } = await fetch(`${github.apiUrl}/repos/acme/app`, { headers: { authorization: `token ${token}`, "user-agent": "test" } });
      expect(ok).toBe(true);
      bed.pass(25 * minute);
    }
    expect(minted().length).toBeLessThanOrEqual((7 * day) / (50 * minute) + 1);
  });

  test.each([-3, 3, 15])("a clock that is %i minutes behind GitHub's hands out tokens until shortly before their end", async (minutes) => {
    github.setClock(minutes * minute);
    const bed = openAppBed(github, { app });
    const token = await bed.token("acme/app", "contents:read");
    bed.pass(54 * minute);
    expect(await bed.token("acme/app", "contents:read")).toBe(token);
    bed.pass(2 * minute);
    expect(await bed.token("acme/app", "contents:read")).not.toBe(token);
  });

  test("a public repository without the App is read without a token, and not written to", async () => {
    await github.createRepository("else/lib", { files: { "a.txt": "a\n" } });
    const bed = openAppBed(github, { app });
    expect(await bed.token("else/lib", "contents:read")).toBeUndefined();
    const before = github.requests.length;
    expect(await bed.token("else/lib", "contents:read")).toBeUndefined();
    expect(asked(before)).toEqual([]);
    expect(await bed.failure(bed.token("else/lib", "contents:write"))).toMatch(/^not_found: .*acme-fairlead is not installed there/);
  });

  test("a repository without the App is open to the next credential that there is", async () => {
    await github.createRepository("else/app", { private: true });
    const secret = secretValue("ghp_mine", "GITHUB_TOKEN", createRedactor());
    const bed = openAppBed(github, { app, env: [{ for: github.host, kind: "token", secret }] });
    expect(await bed.token("else/app", "contents:write")).toBe("ghp_mine");
    expect(await bed.token("acme/app", "contents:write")).toMatch(/^ghs_/);
  });

  test("a host has no token of an App, and its identity is that of the App", async () => {
    const bed = openAppBed(github, { app });
    expect(await bed.credentials.token({ resource: github.host, permissions: [], signal: new AbortController().signal })).toBeUndefined();
    expect(await bed.provider.identity?.(github.host)).toEqual({
      login: "acme-fairlead[bot]",
      scopes: ["contents: write", "metadata: read", "pull-requests: write", "statuses: read"],
      by: "app",
      token: `App ${app.id}`,
    });
  });
});

describe("a new token that not all of GitHub knows yet", () => {
  test.each([401, 403, 404] as const)("a new token that is refused with %i three times is waited for", async (status) => {
    github.setTokenLag({ status, requests: 3 });
    const bed = openAppBed(github, { app });
    expect((await bed.provider.git!.open(at("acme/app"), undefined)).branch).toBe("main");
    expect(minted()).toHaveLength(1);
    expect(bed.pauses.reduce((sum, each) => sum + each, 0)).toBeLessThan(10_000);
  });

  test("a token that is never known is given up after 10 seconds and the next", async () => {
    github.setTokenLag({ status: 404, requests: 1000 });
    const bed = openAppBed(github, { app });
    await bed.failure(bed.provider.git!.open(at("acme/app"), undefined));
    const waited = bed.pauses.reduce((sum, each) => sum + each, 0);
    expect([waited > 9_000, waited < 12_000]).toEqual([true, true]);
  });

  test("a branch that is not there is waited for half a second at most, with a new token that GitHub has taken", async () => {
    const bed = openAppBed(github, { app });
    await bed.provider.git!.open(at("acme/app"), undefined);
    expect(await bed.provider.git!.openIfThere(at("acme/app"), "nothing")).toBeUndefined();
    expect(bed.pauses).toEqual([500]);
  });

  test("a token that ends during a push is replaced, and the push is done once", async () => {
    const bed = openAppBed(github, { app });
    const { git } = bed.provider;
    const { commit } = await git!.open(at("acme/app"), undefined);
    bed.pass(minute);
    github.before({ method: "POST", path: /graphql|git\/(trees|commits)/ }, () => Promise.resolve(github.endTokens()));
    const change = { repository: at("acme/app"), branch: "new", parent: commit.sha, expected: undefined, message: "Add b" };
    const sha = await git!.push({ ...change, files: new Map([["b.txt", Buffer.from("b\n")]]) }, new AbortController().signal);
    expect((await git!.open(at("acme/app"), "new")).commit.sha).toBe(sha);
    expect(minted().length).toBeGreaterThan(2);
    await git!.checkPush(at("acme/app"), sha);
  });
});

describe("what keeps a GitHub App out, in plain words", () => {
  const failureOf = async (name = "acme/app", given: Pick<MadeApp, "id" | "pem"> = app) => {
    const bed = openAppBed(github, { app: given });
    return (await bed.failure(bed.token(name, "contents:write"))).replaceAll(String(installation), "INSTALLATION");
  };

  test("an App that is not installed in a repository is told, with the page that installs it", async () => {
    await github.createRepository("else/app", { private: true });
    expect(await failureOf("else/app")).toMatchInlineSnapshot(
      `"not_found: get a token for GITHUB/else/app: the App acme-fairlead is not installed there | install it, with this repository: open http://GITHUB/apps/acme-fairlead/installations/new"`,
    );
    github.changeInstallation(installation, { repositories: ["acme/fleet"] });
    expect(await failureOf()).toMatchInlineSnapshot(
      `"not_found: get a token for GITHUB/acme/app: the App acme-fairlead is not installed there | install it, with this repository: open http://GITHUB/apps/acme-fairlead/installations/new"`,
    );
  });

  test("an installation that is suspended is told, before and while its tokens are used", async () => {
    const bed = openAppBed(github, { app });
    await bed.token("acme/app", "contents:read");
    github.suspendInstallation(installation, true);
    expect(await failureOf()).toMatchInlineSnapshot(
      `"forbidden: get a token for GITHUB/acme/app: the installation of the App acme-fairlead by acme is suspended | let an owner of acme unsuspend it: open http://GITHUB/organizations/acme/settings/installations/INSTALLATION"`,
    );
    const again = (await bed.failure(bed.token("acme/app", "contents:write"))).replaceAll(String(installation), "INSTALLATION");
    expect(again).toBe(await failureOf());
    const identity = await bed.failure(bed.provider.identity!(github.host));
    expect(identity).toContain("the installation of the App acme-fairlead by acme is suspended");
  });

  test("a permission that was not granted is named, with the page where it is added or accepted", async () => {
    github.changeInstallation(installation, { permissions: { contents: "read" } });
    expect(await failureOf()).toMatchInlineSnapshot(
      `"forbidden: get a token for GITHUB/acme/app: the App acme-fairlead was not granted contents: write by acme | let an owner of acme accept it: open http://GITHUB/organizations/acme/settings/installations/INSTALLATION"`,
    );
    const bed = openAppBed(github, { app });
    expect(
      (await bed.failure(bed.token("acme/app", "checks:write"))).replaceAll(String(installation), "INSTALLATION"),
    ).toMatchInlineSnapshot(
      `"forbidden: get a token for GITHUB/acme/app: the App acme-fairlead was not granted checks: write by acme | add checks: write to the App: open http://GITHUB/settings/apps/acme-fairlead/permissions, and let an owner of acme accept it: open http://GITHUB/organizations/acme/settings/installations/INSTALLATION"`,
    );
    await bed.token("acme/app", "contents:read");
    github.changeInstallation(installation, { permissions });
    expect(await bed.token("acme/app", "contents:write")).toMatch(/^ghs_/);
  });

  test("a key that is none of the App, no key at all, and an App that was deleted are told apart", async () => {
    const { pem } = github.createApp({ slug: "another" });
    expect((await failureOf("acme/app", { ...app, pem })).replaceAll(String(app.id), "ID")).toMatchInlineSnapshot(
      `"unauthenticated: get a token for GITHUB/acme/app: the key is not one of App ID | make a new private key on the App's page, and give its file as the key"`,
    );
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;
    const locked = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
      ...({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" } as const),
    }) as string;
    const openSsh = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n";
    const wrong = [publicKey.export({ type: "spki", format: "pem" }) as string, "canary", ec, locked, openSsh];
    const failures = await Promise.all(wrong.map((each) => failureOf("acme/app", { ...app, pem: each })));
    expect(failures.map((each) => each.replaceAll(String(app.id), "ID"))).toMatchInlineSnapshot(`
      [
        "input: use App ID of GITHUB: its key is a public key, not a private one | give the .pem file that was downloaded when the key was made, as file:PATH",
        "input: use App ID of GITHUB: its key is no private key in PEM | give the .pem file that was downloaded when the key was made, as file:PATH",
        "input: use App ID of GITHUB: its key is of ec, not of RSA | give the .pem file that was downloaded when the key was made, as file:PATH",
        "input: use App ID of GITHUB: its key is locked by a passphrase | give the .pem file that was downloaded when the key was made, as file:PATH",
        "input: use App ID of GITHUB: its key is in OpenSSH's own format, not in PEM | write a copy of it in PEM: run ssh-keygen -p -m PEM -f COPY",
      ]
    `);
    github.deleteApp(app.id);
    expect((await failureOf()).replaceAll(String(app.id), "ID")).toMatchInlineSnapshot(
      `"unauthenticated: get a token for GITHUB/acme/app: there is no App ID: it was deleted, or it never was | give the ID of an App that exists: it is on the App's page"`,
    );
  });

  test("the key of an App may be PKCS#8, have \\n for line breaks, and line breaks of Windows", async () => {
    for (const pem of [app.pem.replaceAll("\n", "\\n"), app.pem.replaceAll("\n", "\r\n")]) {
      expect(await openAppBed(github, { app: { ...app, pem } }).token("acme/app", "contents:read")).toMatch(/^ghs_/);
    }
  });

  test("a repository that was renamed and one that was moved are told apart, with where they are now", async () => {
    const bed = openAppBed(github, { app });
    await bed.token("acme/app", "contents:read");
    await github.renameRepository("acme/app", "acme/application");
    expect(await failureOf()).toMatchInlineSnapshot(
      `"not_found: get a token for GITHUB/acme/app: the repository was renamed to GITHUB/acme/application | write GITHUB/acme/application in its place"`,
    );
    expect(await bed.failure(bed.token("acme/app", "contents:write"))).toContain("was renamed to GITHUB/acme/application");
    github.installApp({ app: app.id, account: "other" });
    await github.renameRepository("acme/fleet", "other/fleet");
    expect(await failureOf("acme/fleet")).toMatchInlineSnapshot(
      `"not_found: get a token for GITHUB/acme/fleet: the repository was moved to GITHUB/other/fleet | write GITHUB/other/fleet in its place"`,
    );
    await github.renameRepository("other/fleet", "third/fleet");
    expect(await failureOf("acme/fleet")).toMatchInlineSnapshot(
      `"not_found: get a token for GITHUB/acme/fleet: the App acme-fairlead is not installed where the repository is now: it was renamed or moved | install it, with this repository: open http://GITHUB/apps/acme-fairlead/installations/new"`,
    );
  });

  test("a new repository under the name of a renamed one gets no token of the old one", async () => {
    const bed = openAppBed(github, { app });
    await bed.token("acme/app", "contents:read");
    await github.renameRepository("acme/app", "acme/application");
    await github.createRepository("acme/app", { private: true });
    expect(await bed.failure(bed.token("acme/app", "contents:write"))).toContain("was renamed to GITHUB/acme/application");
    expect(await openAppBed(github, { app }).token("acme/app", "contents:write")).toMatch(/^ghs_/);
  });

  test("an App that is uninstalled while its tokens are used, and installed again, is found again", async () => {
    const bed = openAppBed(github, { app });
    await bed.token("acme/app", "contents:read");
    github.uninstallApp(installation);
    expect(await bed.failure(bed.token("acme/app", "contents:write"))).toContain("acme-fairlead is not installed there");
    github.installApp({ app: app.id, account: "acme" });
    expect(await bed.token("acme/app", "contents:write")).toMatch(/^ghs_/);
  });

  test("a clock that GitHub's own time does not repair is told", async () => {
    const message = "'Expiration time' claim ('exp') is too far in the future";
    github.fail({ path: /installation$/, status: 401, body: { message }, times: 2 });
    expect((await failureOf()).replace(/by \d+ s/, "by SECONDS")).toMatchInlineSnapshot(
      `"unauthenticated: get a token for GITHUB/acme/app: this machine's clock differs from GITHUB's by SECONDS ('Expiration time' claim ('exp') is too far in the future) | set this machine's clock, by NTP for example"`,
    );
  });

  test("an App is refused for a Git server that has none", () => {
    expect(() => openAppBed({ ...github, host: "gitlab.com" }, { app, place: "gitlab.com" })).toThrow(
      `use App ${app.id} of gitlab.com: nothing here serves it`,
    );
  });
});
