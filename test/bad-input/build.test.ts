import { afterAll, beforeAll, expect, test } from "vitest";
import { applicationFiles, startWorld, type World } from "../pipelines/world.ts";
import { attempt, namesOf } from "./attempt.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Builds a repository of this Dockerfile; without one, the repository does not exist. */
async function tried(name: string, dockerfile: string | undefined, ...more: readonly string[]): Promise<string> {
  const files = dockerfile === undefined ? { "README.md": "Nothing to build.\n" } : await applicationFiles(dockerfile);
  await world.github.createRepository(`acme/${name}`, { files });
  const args = ["build", `${world.github.url}/acme/${name}`, "--image", `${world.registry.host}/acme/${name}`, ...more];
  return attempt(args, world.env, namesOf(world));
}

const busybox = (command: string): string =>
  `FROM scratch\nCOPY busybox /bin/busybox\nRUN ${JSON.stringify(["/bin/busybox", "sh", "-c", command])}\n`;

test("a missing Dockerfile is an error that names its path", async () => {
  expect(await tried("bare", undefined)).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build GITHUB/acme/bare@SHA: there is no Dockerfile at Dockerfile
    hint: name it with --dockerfile, as a path in the build context"
  `);
  expect(await tried("elsewhere", busybox("true"), "--dockerfile", "docker/Dockerfile")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build GITHUB/acme/elsewhere@SHA: there is no Dockerfile at docker/Dockerfile
    hint: name it with --dockerfile, as a path in the build context"
  `);
});

test("a missing target, context or engine fails at once", async () => {
  expect(await tried("no-context", busybox("true"), "--context", "none")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build GITHUB/acme/no-context@SHA: there is no folder none in the source
    hint: name a folder of the source with --context"
  `);
  expect(await tried("no-stage", busybox("true"), "--target", "none")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build GITHUB/acme/no-stage@SHA: the Dockerfile has no stage none
    hint: name one of its stages with --target"
  `);
  expect(await tried("no-engine", busybox("true"), "--engine", "unix:///nowhere/engine.sock")).toMatchInlineSnapshot(`
    "exit code 75
    fairlead: connect to engine: there is no socket /nowhere/engine.sock
    hint: start that engine, or name another with --engine"
  `);
});

test("a failed command is reported with its last lines", async () => {
  expect(await tried("failing", busybox("/bin/busybox seq 1 25; echo at last; exit 3"))).toMatchInlineSnapshot(`
    "exit code 1
      | 7
      | 8
      | 9
      | 10
      | 11
      | 12
      | 13
      | 14
      | 15
      | 16
      | 17
      | 18
      | 19
      | 20
      | 21
      | 22
      | 23
      | 24
      | 25
      | at last
      | Dockerfile:3
      | --------------------
      |    1 |     FROM scratch
      |    2 |     COPY busybox /bin/busybox
      |    3 | >>> RUN ["/bin/busybox","sh","-c","/bin/busybox seq 1 25; echo at last; exit 3"]
      | --------------------
    fairlead: build GITHUB/acme/failing@SHA: RUN /bin/busybox sh -c /bin/busybox seq 1 25; echo at last; exit 3: exit code 3"
  `);
});

test("a missing base image is an error that names it", async () => {
  expect(await tried("baseless", `FROM ${world.registry.host}/acme/none:1\n`)).toMatchInlineSnapshot(`
    "exit code 4
    fairlead: build GITHUB/acme/baseless@SHA: there is no image REGISTRY/acme/none:1"
  `);
});

test("a secret that the Dockerfile needs and nobody gives is an error", async () => {
  const wants = 'RUN --mount=type=secret,id=npm,required=true ["/bin/busybox", "cat", "/run/secrets/npm"]\n';
  expect(await tried("secretive", `FROM scratch\nCOPY busybox /bin/busybox\n${wants}`)).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: build GITHUB/acme/secretive@SHA: the Dockerfile asks for the secret npm, and no secret has that id
    hint: name it with --secret npm=env:NAME"
  `);
});

test("an address without an engine is an error", async () => {
  expect(await tried("engineless", busybox("true"), "--engine", "nonsense")).toMatchInlineSnapshot(`
    "exit code 2
    fairlead: choose engine: "nonsense" is neither auto, docker, native nor an address
    hint: set --engine to auto, docker, native or an address such as tcp://10.0.0.1:1234"
  `);
});
