import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { git } from "../doubles/bare.ts";
import { channel, slackToken, startWorld, token, type World } from "./world.ts";

interface Shipped {
  readonly build: { readonly image: string; readonly digest: string; readonly tags: readonly string[]; readonly commit: string };
  readonly deploy: {
    readonly branch: string;
    readonly commit: string;
    readonly pullRequest: { readonly number: number; readonly url: string };
  };
  readonly notify: { readonly channel: string; readonly id: string };
}

describe("fairlead ship", () => {
  let world: World;
  let commit: string;
  const printed: string[] = [];
  const run = async (...args: readonly string[]) => {
    const ended = await world.run(...args);
    printed.push(ended.stdout, ended.stderr);
    return ended;
  };
  const writes = () => world.github.requests.filter(({ write }) => write).length + world.slack.messages.length;
  const tags = async (): Promise<unknown> => (await fetch(`${world.registry.url}/v2/acme/app/tags/list`)).json();

  beforeAll(async () => {
    world = await startWorld();
    commit = (await git(world.folders.app, ["rev-parse", "main"])).trim();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test("a dry run of ship shows the plan with the real diff, and changes nothing", async () => {
    const { code, stdout } = await run(...world.ship("--dry-run", "--engine", "unix:///nowhere/engine.sock"));
    expect({ code, writes: writes() }).toEqual({ code: 0, writes: 0 });
    expect(await tags()).toMatchObject({ errors: [{ code: "NAME_UNKNOWN" }] });
    expect(stdout).toContain(`-          image: "${world.registry.host}/acme/app:none" # set by fairlead`);
    expect(stdout).toContain(
      `+          image: "${world.registry.host}/acme/app:sha-${commit.slice(0, 12)}@sha256:(known after push)" # set by fairlead`,
    );
  });

  test("ship pushes the digest that the pull request names, and notifies Slack", async () => {
    const { code, stdout, stderr } = await run(...world.ship("--json"));
    expect(code, stderr).toBe(0);
    const shipped = JSON.parse(stdout) as Shipped;
    const tag = `sha-${commit.slice(0, 12)}`;
    const head = await fetch(`${world.registry.url}/v2/acme/app/manifests/${tag}`, {
      method: "HEAD",
      headers: { accept: "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json" },
    });
    const digest = head.headers.get("docker-content-digest");
    expect(shipped.build).toMatchObject({ digest, tags: [tag], commit, image: `${world.registry.host}/acme/app:${tag}@${digest}` });
    const [pull] = world.github.pulls("acme/flux");
    expect(pull).toMatchObject({ number: 1, state: "open", head: shipped.deploy.branch, base: "main", title: `deploy acme/app ${tag}` });
    expect(pull?.body).toContain(`${tag}@${digest}`);
    const manifest = await git(world.folders.flux, ["show", `${shipped.deploy.commit}:apps/app/deployment.yaml`]);
    expect(manifest).toContain(`image: "${world.registry.host}/acme/app:${tag}@${digest}" # set by fairlead\n`);
    expect(await git(world.folders.flux, ["diff", "--numstat", "main", shipped.deploy.commit])).toBe("1\t1\tapps/app/deployment.yaml");
    expect(world.slack.messages).toMatchObject([{ channel, ts: shipped.notify.id }]);
  });

  test("a second run of ship changes nothing, needs no engine, and prints the same", async () => {
    const before = { writes: writes(), tags: await tags() };
    const { code, stdout, stderr } = await run(...world.ship("--json", "--engine", "unix:///nowhere/engine.sock"));
    expect(code, stderr).toBe(0);
    expect({ writes: writes(), tags: await tags() }).toEqual(before);
    expect(JSON.parse(stdout)).toMatchObject({ deploy: { pullRequest: { number: 1 } }, notify: { channel } });
  });

  test("a later commit is shipped by its own pull request, and a merged one is not opened again", async () => {
    await world.github.mergePull("acme/flux", 1);
    const same = await run(...world.ship("--json"));
    expect(JSON.parse(same.stdout)).toMatchObject({ deploy: { branch: null, pullRequest: null }, notify: null });
    await world.github.commit("acme/app", { branch: "main", files: { "hello.txt": "hello\n" }, message: "Say hello" });
    const later = await run(...world.ship("--json"));
    expect(JSON.parse(later.stdout)).toMatchObject({ deploy: { pullRequest: { number: 2 } } });
    expect(world.github.pulls("acme/flux").map(({ state, merged }) => ({ state, merged }))).toEqual([
      { state: "closed", merged: true },
      { state: "open", merged: false },
    ]);
  });

  test("a failed notification is a warning, and the image is shipped", async () => {
    await world.github.commit("acme/app", { branch: "main", files: { "hello.txt": "hello again\n" }, message: "Say it again" });
    world.slack.fail({ method: "chat.postMessage", error: "not_in_channel" });
    const { code, stdout, stderr } = await run(...world.ship("--json"));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      deploy: { pullRequest: { number: 3 } },
      notify: null,
      notNotified: [{ destination: `slack:${channel}`, code: "forbidden", message: expect.stringContaining("not_in_channel") as string }],
    });
    expect(stderr).toContain("not_in_channel");
  });

  test("ship prints no secret", () => {
    const shown = printed.join("\n");
    expect(shown).not.toContain(token);
    expect(shown).not.toContain(slackToken);
    expect(shown.length).toBeGreaterThan(1_000);
  });

  test("ship makes no request that the real servers would not know", () => {
    expect({ unknown: world.github.unknown, violations: world.github.violations }).toEqual({ unknown: [], violations: [] });
  });
});
