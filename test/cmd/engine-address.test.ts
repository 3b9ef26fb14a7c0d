import { once } from "node:events";
import { access, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { fairlead, type Ended } from "../cli.ts";

let folder: string;
let registry: Registry;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairlead-address-"));
  registry = await startRegistry();
  await writeFile(join(folder, "Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Builds on an engine, within the time that a person waits for a wrong address. */
async function build(engine: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const image = `${registry.host}/acme/app:1`;
  return fairlead(["build", "--source", folder, "--image", image, "--engine", engine], env);
}

/** Returns the lines that say why a run failed. */
function failure({ code, stderr }: Ended): object {
  return { code, lines: stderr.split("\n").filter((line) => /^(fairlead|hint):/.test(line)) };
}

test("an engine's address that refuses connections fails at once", async () => {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const began = performance.now();
  expect(failure(await build(`tcp://127.0.0.1:${String(port)}`))).toEqual({
    code: 75,
    lines: [
      `fairlead: connect to engine: 127.0.0.1 refuses connections on port ${String(port)}`,
      `hint: start the engine at tcp://127.0.0.1:${String(port)}, or name another with --engine`,
    ],
  });
  expect(performance.now() - began).toBeLessThan(60_000); // it took two minutes
});

test("an engine's address with an unknown host fails at once", async () => {
  expect(failure(await build("tcp://engine.invalid:1234"))).toEqual({
    code: 75,
    lines: [
      "fairlead: connect to engine: no name server knows engine.invalid",
      "hint: start the engine at tcp://engine.invalid:1234, or name another with --engine",
    ],
  });
});

test("an engine's address without a port is refused before anything is done", async () => {
  expect(failure(await build("tcp://10.0.0.1"))).toEqual({
    code: 2,
    lines: [
      'fairlead: choose engine: "tcp://10.0.0.1" has no port',
      "hint: set --engine to auto, docker, native or an address such as tcp://10.0.0.1:1234",
    ],
  });
});

test.for([
  ["--engine", ["--engine", "podman"], {}],
  ["FAIRLEAD_ENGINE", [], { FAIRLEAD_ENGINE: "podman" }],
] as const)("a wrong %s is refused in a dry run too", async ([name, flags, env]) => {
  const args = ["build", "--source", folder, "--image", "127.0.0.1:1/acme/app:1", "--dry-run", ...flags];
  expect(await fairlead(args, env)).toEqual({
    code: 2,
    stdout: "",
    stderr: `fairlead: choose engine: "podman" is neither auto, docker, native nor an address
hint: set ${name} to auto, docker, native or an address such as tcp://10.0.0.1:1234
`,
  });
});

test("a socket that an ended engine has left behind fails at once", async () => {
  const path = join(folder, "engine.sock");
  await writeFile(path, ""); // what no process listens on, refuses
  expect(failure(await build(`unix://${path}`))).toEqual({
    code: 75,
    lines: [`fairlead: connect to engine: nothing answers on the socket ${path}`, "hint: start that engine, or name another with --engine"],
  });
});

test("--engine docker says that there is no Docker, or that its daemon does not answer", async () => {
  const programs = join(folder, "bin");
  await symlinkGit(programs);
  expect(failure(await build("docker", { PATH: programs }))).toEqual({
    code: 4,
    lines: [
      "fairlead: connect to engine: there is no docker command",
      "hint: install Docker, or choose another engine: --engine native, or an address",
    ],
  });
  const refuses = '#!/bin/sh\ntest "$1" = --version\n'; // as the client does without a daemon
  await writeFile(join(programs, "docker"), refuses, { mode: 0o755 });
  expect(failure(await build("docker", { PATH: programs }))).toEqual({
    code: 75,
    lines: [
      "fairlead: connect to engine: no Docker daemon answers",
      "hint: start Docker (docker version shows its state), or choose another engine: --engine native, or an address",
    ],
  });
});

/** Makes a folder for PATH that has Git and nothing else. */
async function symlinkGit(to: string): Promise<void> {
  await mkdir(to);
  for (const from of (process.env.PATH ?? "").split(delimiter)) {
    const git = join(from, "git");
    const found = await access(git).then(
      () => realpath(git),
      () => undefined,
    );
    if (found !== undefined) return symlink(found, join(to, "git"));
  }
}
