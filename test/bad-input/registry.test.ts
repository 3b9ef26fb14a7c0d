import { afterAll, beforeAll, expect, test } from "vitest";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { startWorld, type World } from "../pipelines/world.ts";
import { attempt, namesOf } from "./attempt.ts";

let world: World;
let closed: Registry;
beforeAll(async () => {
  world = await startWorld();
  closed = await startRegistry({ users: { robot: "canary-password" } });
});
afterAll(async () => {
  await closed.stop();
  await world[Symbol.asyncDispose]();
});

const tried = (host: string, more: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<string> =>
  attempt(
    ["build", `${world.github.url}/acme/app`, "--image", `${host}/acme/app`, ...more],
    { ...world.env, ...env },
    {
      ...namesOf(world),
      [host]: "REGISTRY",
    },
  );
const login = (name: string): readonly string[] => ["--registry-username", name, "--registry-password", "env:PASSWORD"];
const noEngine = ["--engine", "unix:///nowhere/engine.sock"];

test("a registry that is down fails before the build", async () => {
  const registry = await startRegistry();
  await registry.stop();
  expect(await tried(registry.host, noEngine)).toMatchInlineSnapshot(`
    "exit code 75
    fairlead: read REGISTRY/acme/app:sha-SHA: REGISTRY cannot be reached: connection refused
    hint: run it again later; if that does not help, check that this machine can reach it"
  `);
});

test("a registry whose name does not resolve is an error", async () => {
  expect(await tried("registry.invalid", noEngine)).toMatchInlineSnapshot(`
    "exit code 75
    fairlead: read REGISTRY/acme/app:sha-SHA: REGISTRY cannot be reached: no such host
    hint: check the name of the host, and that this machine can look it up"
  `);
});

test("a missing, incomplete or wrong login fails before the build", async () => {
  expect(await tried(closed.host, noEngine)).toMatchInlineSnapshot(`
    "exit code 3
    fairlead: read REGISTRY/acme/app:sha-SHA: REGISTRY wants a login (UNAUTHORIZED: authentication required)
    hint: run docker login REGISTRY, or give --registry-username NAME and --registry-password env:NAME"
  `);
  expect(await tried(closed.host, [...noEngine, ...login("robot").slice(2)], { PASSWORD: "canary-password" })).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: log in to REGISTRY: the password has no user name
    hint: give --registry-username NAME"
  `);
  expect(await tried(closed.host, [...noEngine, ...login("robot")], { PASSWORD: "canary-wrong" })).toMatchInlineSnapshot(`
    "exit code 3
    fairlead: read REGISTRY/acme/app:sha-SHA: REGISTRY refused the login (UNAUTHORIZED: authentication required)
    hint: check the login: it may be wrong or expired"
  `);
});

test("a correct login pushes", async () => {
  expect(await tried(closed.host, login("robot"), { PASSWORD: "canary-password" })).toBe("exit code 0");
});

test("a read-only registry is an error in its own words", async () => {
  await using registry = await startRegistry({ readOnly: true, folder: world.registry.folder });
  expect(await tried(registry.host)).toMatchInlineSnapshot(`
    "exit code 6
    fairlead: push to REGISTRY/acme/app: REGISTRY does not allow the request: it may be read-only
    hint: name a registry that accepts pushes"
  `);
});
