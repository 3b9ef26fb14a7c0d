import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fairlead } from "../cli.ts";
import { readerToken, startWorld, type World } from "./world.ts";

// An engine that is not there shows that nothing was built: the error would be another.
const noEngine = ["--engine", "unix:///nowhere/engine.sock"];

describe("a run looks at all that it needs before it does anything", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const requests = (): number => world.github.requests.length + world.slack.requests.length;
  const writes = (): number => world.github.requests.filter(({ write }) => write).length + world.slack.messages.length;

  /** Ships with another value of a flag, and returns the code and all that was printed. */
  async function ship(flag: string, value: string, ...more: readonly string[]): Promise<string> {
    const args = world.ship(...noEngine, ...more);
    const at = args.indexOf(flag);
    const changed = at < 0 ? [...args, flag, value] : args.toSpliced(at + 1, 1, value);
    const { code, stdout, stderr } = await fairlead(changed, { ...world.env, READ_ONLY_TOKEN: readerToken });
    return `${code} ${stdout}${stderr}`
      .trimEnd()
      .replace(/\b[0-9a-f]{12}\b/g, "ID")
      .replaceAll(world.registry.host, "REGISTRY")
      .replaceAll(world.github.host, "GITHUB");
  }

  test("ship to a Flux repository that does not exist ends before the build, and says so once", async () => {
    expect(await ship("--flux-repository", `${world.github.url}/acme/fleeet`)).toMatchInlineSnapshot(`
      "4   | remote: Repository not found.
        | fatal: repository 'http://GITHUB/acme/fleeet/' not found
      fairlead: read GITHUB/acme/fleeet: there is no such repository, or the credential does not show it
      hint: check its name, and that GITHUB_TOKEN may read it"
    `);
  });

  test("ship of an image that no manifest names ends before the build", async () => {
    expect(await ship("--image", `${world.registry.host}/acme/other`)).toMatchInlineSnapshot(`
      "4 fairlead: set REGISTRY/acme/other:sha-ID@sha256:(known after push): no manifest refers to REGISTRY/acme/other
      hint: look whether one of these is meant: REGISTRY/acme/app, ghcr.io/acme/other"
    `);
  });

  test("ship to a channel that does not exist ends before the build", async () => {
    expect(await ship("--notify", "slack:C0999999999")).toMatchInlineSnapshot(`
      "4 fairlead: read Slack channel C0999999999: Slack answered channel_not_found
      hint: check the channel, and invite the app if it is a private one"
    `);
  });

  test("ship by a token that may only read the Flux repository ends before the build", async () => {
    expect(await ship("--flux-token", "env:READ_ONLY_TOKEN")).toMatchInlineSnapshot(`
      "3   | remote: Permission to acme/flux.git denied to reader.
        | fatal: unable to access 'http://GITHUB/acme/flux/': The requested URL returned error: 403
      fairlead: push to GITHUB/acme/flux: the credential does not allow it
      hint: use a token or key that may read this repository, and write to it for a push (this run used --flux-token)"
    `);
  });

  test("ship with a milestone, reviewer or assignee that the repository has not ends before the build", async () => {
    const told = [await ship("--milestone", "nope"), await ship("--reviewer", "nobody"), await ship("--assignee", "nobody", "--dry-run")];
    expect(told.map((text) => text.split("\n").filter((line) => /fairlead:|hint:/.test(line)))).toMatchInlineSnapshot(`
      [
        [
          "2 fairlead: find milestone "nope": the repository has no open one of that title",
          "hint: open a milestone first",
        ],
        [
          "fairlead: connect to engine: there is no socket /nowhere/engine.sock",
          "hint: start that engine, or name another with --engine",
        ],
        [],
      ]
    `);
  });

  test("a dry run finds each of them as well", async () => {
    const dry = async (flag: string, value: string): Promise<string> =>
      /^fairlead: .*$/m.exec(await ship(flag, value, "--dry-run"))?.[0] ?? "";
    expect([
      await dry("--flux-repository", `${world.github.url}/acme/fleeet`),
      await dry("--notify", "slack:C0999999999"),
      await dry("--flux-token", "env:READ_ONLY_TOKEN"),
    ]).toMatchInlineSnapshot(`
      [
        "fairlead: read GITHUB/acme/fleeet: there is no such repository, or the credential does not show it",
        "fairlead: read Slack channel C0999999999: Slack answered channel_not_found",
        "fairlead: push to GITHUB/acme/flux: the credential does not allow it",
      ]
    `);
  });

  test("none of them has built or written anything", async () => {
    expect(writes()).toBe(0);
    expect(await (await fetch(`${world.registry.url}/v2/_catalog`)).json()).toEqual({ repositories: [] });
  });

  test("a ship asks GitHub and Slack at most four times more than it did without a look before", async () => {
    const before = requests();
    const { code, stderr } = await world.run(...world.ship());
    expect(code, stderr).toBe(0);
    expect(requests() - before).toBeLessThanOrEqual(withoutLook + 4);
  });
});

/** What a first ship asked in this world before there was a look: 38 requests to GitHub, and 2 to Slack. */
const withoutLook = 40;
