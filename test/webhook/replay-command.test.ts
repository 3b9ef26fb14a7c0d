import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fairlead } from "../cli.ts";

const cases = fileURLToPath(new URL("../fixtures/receivers", import.meta.url));
let folder: string;
let config: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-replay-"));
  config = join(folder, "fairlead.yaml");
  const route = {
    name: "tell",
    when: { source: "hub", kind: "push", repository: "github.com/acme/app", branch: "**" },
    run: "notify",
    with: { message: "${{ event.branch }}", to: ["slack:C0RELEASES"] },
  };
  const sources = { hub: { kind: "github", secrets: "env:NOBODY_HAS_IT" } };
  await writeFile(config, JSON.stringify({ version: 1, sources, routes: [route] }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a saved request is verified, parsed and routed without a network, and its verdict is the result", async () => {
  const { code, stdout } = await fairlead(["replay", join(cases, "github/push-update"), "--config", config, "--json"]);
  const { events, ...verdict } = JSON.parse(stdout) as { events: readonly { branch: string }[] };
  expect({ code, kinds: events.length, ...verdict }).toEqual({
    code: 0,
    kinds: 1,
    outcome: "accepted",
    status: 202,
    runs: [
      {
        route: "tell",
        pipeline: "notify",
        lane: `tell github.com/acme/app ${events[0]!.branch}`,
        policy: "newest",
        input: { message: events[0]!.branch, to: ["slack:C0RELEASES"] },
      },
    ],
    routes: [{ event: 0, route: "tell", outcome: "run" }],
  });
});

test("a package that GitHub sends to a github source is an image where a route asks for images", async () => {
  const file = join(folder, "packages.yaml");
  const route = {
    name: "images",
    when: { source: "hub", kind: "image", image: "ghcr.io/acme/app" },
    run: "notify",
    with: { message: "${{ event.tag }}", to: ["slack:C0RELEASES"] },
  };
  const sources = { hub: { kind: "github", secrets: "env:NOBODY_HAS_IT" } };
  await writeFile(file, JSON.stringify({ version: 1, sources, routes: [route] }));
  const replayed = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse((await fairlead(["replay", join(cases, "github/package-without-a-route"), ...args, "--json"])).stdout);
  expect(await replayed("--config", file)).toEqual({
    outcome: "accepted",
    status: 202,
    events: [
      {
        ...{ source: "github", delivery: "77357207-5b6e-49df-a718-95558a836991", kind: "image", image: "ghcr.io/acme/app", tag: "1.4.0" },
        digest: "sha256:977d12f974f485344d27f1bac70da8be461445286c3a9ba3946ebfd2ecefee84",
      },
    ],
    runs: [
      {
        ...{ route: "images", pipeline: "notify", lane: "images ghcr.io/acme/app", policy: "every" },
        input: { message: "1.4.0", to: ["slack:C0RELEASES"] },
      },
    ],
    routes: [{ event: 0, route: "images", outcome: "run" }],
  });
  expect(await replayed("--config", config)).toEqual({ outcome: "ignored", status: 200, events: [], runs: [], routes: [] });
});

test("replay of a request that is refused prints its verdict with exit code 0", async () => {
  const { code, stdout } = await fairlead(["replay", join(cases, "github/push-tampered"), "--json"]);
  expect({ code, verdict: JSON.parse(stdout) as unknown }).toEqual({
    code: 0,
    verdict: { outcome: "rejected", status: 401, events: [], runs: [] },
  });
});

test("replay without --json names the route and the pipeline of the run that would be made", async () => {
  const { stdout } = await fairlead(["replay", join(cases, "github/push-update"), "--config", config]);
  expect(stdout).toMatchInlineSnapshot(`
    "outcome       accepted
    status        202
    reason        verified and understood
    events        push
    route         tell
    pipeline      notify
    lane          tell github.com/acme/app main
    with.to       slack:C0RELEASES
    with.message  main
    "
  `);
});

test("replay without --json says which routes would run, which refuse the event, and that none takes it", async () => {
  const route = (name: string, more: object): object => ({
    name,
    when: { source: "hub", kind: "push", repository: "github.com/acme/app", branch: "**" },
    run: "notify",
    with: { message: "hi", to: ["slack:C0RELEASES"] },
    ...more,
  });
  const image = "ghcr.io/acme/app:${{ event.branch }}/x";
  const refusing = { run: "deploy", with: { images: [image], fluxRepository: "github.com/acme/flux" } };
  const texts = [];
  for (const routes of [[route("a", {}), route("b", {})], [route("c", refusing)], []]) {
    const file = join(folder, "several.yaml");
    await writeFile(file, JSON.stringify({ version: 1, sources: { hub: { kind: "github", secrets: "env:NOBODY_HAS_IT" } }, routes }));
    texts.push((await fairlead(["replay", join(cases, "github/push-update"), "--config", file])).stdout);
  }
  expect(texts).toMatchInlineSnapshot(`
    [
      "outcome             accepted
    status              202
    reason              verified and understood
    events              push
    run 1.route         a
    run 1.pipeline      notify
    run 1.lane          a github.com/acme/app main
    run 1.with.message  hi
    run 1.with.to       slack:C0RELEASES
    run 2.route         b
    run 2.pipeline      notify
    run 2.lane          b github.com/acme/app main
    run 2.with.message  hi
    run 2.with.to       slack:C0RELEASES
    ",
      "outcome             accepted
    status              202
    reason              verified and understood
    events              push
    runs                none: no route takes it
    refused by route c  deploy: images.0: read image reference "ghcr.io/acme/app:main/x": "app:main" is not a part of a repository: lower-case letters and digits, with . _ __ or - between them
    ",
      "outcome  accepted
    status   202
    reason   verified and understood
    events   push
    runs     none: no route is for the source hub
    ",
    ]
  `);
});

test.each([
  ["foo", '"foo" is no URL of a listener'],
  ["ftp://hooks.example.com", '"ftp://hooks.example.com" is no URL of a listener'],
  ["https://hooks.example.com/?a=b", '"https://hooks.example.com/?a=b" is no URL of a listener'],
  ["https://me:canary@hooks.example.com", "it holds a credential"],
])("sources --url %s is an input error", async (url, problem) => {
  const { code, stdout, stderr } = await fairlead(["sources", "--url", url, "--config", config]);
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: "",
    stderr: `fairlead: sources: --url: ${problem}\nhint: give a URL such as https://hooks.example.com\n`,
  });
});

test("sources prints the addresses below the path of --url, and of an IPv6 address without it", async () => {
  const file = join(folder, "six.yaml");
  const sources = { hub: { kind: "github", secrets: "env:HUB_KEY" } };
  await writeFile(file, JSON.stringify({ version: 1, sources, listen: { host: "::1", port: 8081 } }));
  const urls = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await fairlead(["sources", "--config", file, ...args], { HUB_KEY: "key-of-the-hub-0123456789" });
    return stdout.replaceAll(/[0-9a-f]{64}/g, "SHA");
  };
  const plain = await urls();
  await writeFile(file, JSON.stringify({ version: 1, sources, listen: { host: "[::1]", port: 8081 } }));
  expect(await urls()).toBe(plain);
  expect([plain, await urls("--url", "https://example.com/hooks/")]).toMatchInlineSnapshot(`
    [
      "SOURCE  KIND    URL                                                                                      PROVEN BY
    hub     github  http://[::1]:8081/hook/SHA  its secret, or its provider's signature
    ",
      "SOURCE  KIND    URL                                                                                              PROVEN BY
    hub     github  https://example.com/hooks/hook/SHA  its secret, or its provider's signature
    ",
    ]
  `);
});

test.each([
  [[], "http://127.0.0.1:8080/ci/hook/SHA"],
  [["--url", "https://example.com"], "https://example.com/ci/hook/SHA"],
  [["--url", "https://example.com/ci/"], "https://example.com/ci/hook/SHA"],
  [["--url", "https://example.com/other"], "https://example.com/other/hook/SHA"],
])("sources %j of a listener below /ci prints %s", async (args, url) => {
  const file = join(folder, "below.yaml");
  const sources = { hub: { kind: "github", secrets: "env:HUB_KEY" } };
  await writeFile(file, JSON.stringify({ version: 1, sources, listen: { path: "/ci/" } }));
  const { stdout } = await fairlead(["sources", "--config", file, "--json", ...args], { HUB_KEY: "key-of-the-hub-0123456789" });
  const [source] = JSON.parse(stdout.replaceAll(/[0-9a-f]{64}/g, "SHA")) as { urls: string[] }[];
  expect(source?.urls).toEqual([url]);
});

test("replay of a request whose secret can be guessed warns that serve would refuse it", async () => {
  const { code, stderr } = await fairlead(["replay", join(cases, "flux/kustomization-ready")]);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr:
      "warning: the secret of the case can be guessed, and serve would refuse it: it is shorter than 16 bytes, or has fewer than 5 different ones; make one: openssl rand -hex 32\n",
  });
});

test("replay of a folder without a request is an input error", async () => {
  expect(await fairlead(["replay", folder])).toMatchObject({ code: 2, stdout: "" });
});

test.each([
  ["without a body", { "request.json": "{}" }, "body: it cannot be read (ENOENT)"],
  ["with a request that is no JSON", { "request.json": "POST /", body: "{}" }, "request.json: it is not JSON"],
  [
    "with wrong fields",
    { "request.json": '{ "headers": { "X-GitHub-Event": 1 }, "now": "today" }', body: "{}" },
    "request.json: method: it is missing; request.json: headers.X-GitHub-Event: expected string; request.json: now: expected number",
  ],
])("replay of a folder %s says why it is no saved request", async (name, files, why) => {
  const at = join(folder, "github", name.replaceAll(" ", "-"));
  await mkdir(at, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(join(at, file), content);
  expect(await fairlead(["replay", at])).toEqual({
    code: 2,
    stdout: "",
    stderr: `fairlead: read saved request ${at}: ${why}\nhint: name a folder SOURCE/CASE that holds request.json and body, such as fairlead deliveries export makes\n`,
  });
});
