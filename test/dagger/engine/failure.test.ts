import { expect, test } from "vitest";
import type { BuildLog } from "../../../src/dagger/engine/build-log.ts";
import { explainFailure } from "../../../src/dagger/engine/failure.ts";

/** An error of the engine, as the SDK throws it. */
const engineError = (message: string): Error => Object.assign(new Error(message), { name: "GraphQLRequestError" });
const logOf = (...output: readonly string[]): BuildLog => ({ outputOf: () => Promise.resolve(output) }) as unknown as BuildLog;

async function explained(error: Error, log = logOf()) {
  const { code, message, hint, output } = await explainFailure("build acme/app", error, log, "start it");
  return { code, message, hint, output };
}

const freeSpace = "free space on the disk of the engine, which fairlead doctor shows, or set FAIRLEAD_ENGINE_STATE to a folder on another disk";

// https://github.com/ontola/atomic-server/issues/1126, https://github.com/moby/buildkit/issues/2697, https://github.com/serverless/containers/issues/19
test.for([
  'failed to add directory "/app/node_modules": failed to get rebased dir for merging: failed to copy source directory: failed to copy files: userspace copy failed: write /var/lib/dagger/worker/snapshots/snapshots/292/fs/app/dist/node.js: no space left on device',
  "failed to compute cache key: copying of parent failed: failed to copy files: copy file range failed: no space left on device",
  "failed to read dockerfile: failed to create temp dir: mkdir /var/lib/docker/tmp/buildkit-mount2667628103: no space left on device",
])("a full disk of the engine is an error of its machine by its name: %s", async (message) => {
  expect(await explained(engineError(message))).toEqual({
    code: "unavailable",
    message: "build acme/app: the machine of the engine: no space left on device (ENOSPC)",
    hint: freeSpace,
    output: [],
  });
});

// https://github.com/bliporg/blip/issues/87
test("a disk of the engine that cannot be written is an error of its machine by its name", async () => {
  expect(await explained(engineError("write /var/lib/buildkit/runc-overlayfs/metadata_v2.db: read-only file system"))).toEqual({
    code: "unavailable",
    message: "build acme/app: the machine of the engine: read-only file system (EROFS)",
    hint: "look at the machine of the engine",
    output: [],
  });
});

test("a full disk of a registry is told by the status of its answer", async () => {
  const message =
    'failed to push registry.example.com/acme/app:1: unexpected status from PUT request to https://registry.example.com/v2/acme/app/manifests/1: 500 Internal Server Error: {"errors":[{"code":"UNKNOWN","detail":{"Err":"no space left on device"}}]}';
  expect(await explained(engineError(message))).toMatchObject({
    code: "unavailable",
    message: "build acme/app: registry.example.com answered 500 Internal Server Error",
    hint: undefined,
  });
});

test("a RUN that finds no space is a failed build, whose hint names the disk of the engine", async () => {
  const line = "cp: error writing '/big': No space left on device";
  const failed = engineError('process "/bin/sh -c cp /dev/zero /big" did not complete successfully: exit code: 1');
  expect(await explained(failed, logOf(line))).toEqual({
    code: "build_failed",
    message: "build acme/app: RUN cp /dev/zero /big: exit code 1",
    hint: `if the RUN did not fill a file system of its own, ${freeSpace}`,
    output: [line],
  });
  expect(await explained(failed, logOf("cp: missing file operand"))).toMatchObject({ code: "build_failed", hint: undefined });
});
