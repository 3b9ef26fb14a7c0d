import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commands } from "../../src/cmd/index.ts";
import { main } from "../../src/cmd/main.ts";
import { writeFiles } from "../../src/cmd/write-files.ts";
import { testIo } from "./io.ts";

const manifest = (image: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: ${image} # ours
`;

let folder = "";
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "fairlead-"))));
afterEach(() => rm(folder, { recursive: true }));

async function setImage(argv: readonly string[], stdin = ""): Promise<{ code: number; stdout: string; stderr: string }> {
  const here = testIo({ stdin });
  const code = await main(["set-image", ...argv], here.io, commands);
  return { code, stdout: here.stdout(), stderr: here.stderr() };
}

test("set-image changes the manifests of a folder and prints where", async () => {
  await writeFile(join(folder, "pod.yaml"), manifest("ghcr.io/acme/app:1.4.2"));
  await chmod(join(folder, "pod.yaml"), 0o640);
  expect(await setImage(["ghcr.io/acme/app:1.4.3", folder])).toEqual({
    code: 0,
    stdout: "pod.yaml:8: spec.containers[0].image: ghcr.io/acme/app:1.4.2 → ghcr.io/acme/app:1.4.3\nchanged 1 place\n",
    stderr: "",
  });
  expect(await readFile(join(folder, "pod.yaml"), "utf8")).toBe(manifest("ghcr.io/acme/app:1.4.3"));
  expect((await stat(join(folder, "pod.yaml"))).mode & 0o777).toBe(0o640);
  expect(await setImage(["ghcr.io/acme/app:1.4.3", folder])).toEqual({
    code: 0,
    stdout: "nothing to do: the manifests have this image already\n",
    stderr: "",
  });
});

test("set-image --dry-run prints the diff and changes nothing", async () => {
  await writeFile(join(folder, "pod.yaml"), manifest("ghcr.io/acme/app:1.4.2"));
  expect((await setImage(["ghcr.io/acme/app:1.4.3", folder, "--dry-run"])).stdout).toMatchInlineSnapshot(`
    "--- a/pod.yaml
    +++ b/pod.yaml
    @@ -5,4 +5,4 @@
     spec:
       containers:
         - name: app
    -      image: ghcr.io/acme/app:1.4.2 # ours
    +      image: ghcr.io/acme/app:1.4.3 # ours
    plan: 1 place to update; nothing was changed
    "
  `);
  expect(await readFile(join(folder, "pod.yaml"), "utf8")).toBe(manifest("ghcr.io/acme/app:1.4.2"));
});

test("set-image --json lists the changes", async () => {
  await writeFile(join(folder, "pod.yaml"), manifest("ghcr.io/acme/app:1.4.2"));
  const { stdout } = await setImage(["ghcr.io/acme/app:1.4.3", folder, "--json"]);
  expect(JSON.parse(stdout)).toEqual({
    changes: [
      {
        file: "pod.yaml",
        document: 0,
        path: "spec.containers[0].image",
        line: 8,
        from: "ghcr.io/acme/app:1.4.2",
        to: "ghcr.io/acme/app:1.4.3",
      },
    ],
    warnings: [],
  });
});

test("set-image with - prints the manifest from stdin, byte for byte except the image", async () => {
  expect(await setImage(["ghcr.io/acme/app:1.4.3", "-"], manifest("ghcr.io/acme/app:1.4.2"))).toEqual({
    code: 0,
    stdout: manifest("ghcr.io/acme/app:1.4.3"),
    stderr: "",
  });
  const already = manifest("ghcr.io/acme/app:1.4.3");
  expect((await setImage(["ghcr.io/acme/app:1.4.3", "-"], already)).stdout).toBe(already);
});

test("set-image refuses a wrong image, a missing folder, and --json with a manifest on stdout", async () => {
  expect(await setImage(["ghcr.io/Acme/app", folder])).toMatchObject({ code: 2, stdout: "" });
  expect(await setImage(["ghcr.io/acme/app:1", join(folder, "none")])).toMatchObject({ code: 4, stdout: "" });
  expect((await setImage(["ghcr.io/acme/app:1", "-", "--json"])).code).toBe(2);
});

test("set-image writes all files or none", async () => {
  await writeFile(join(folder, "a.yaml"), "old");
  await mkdir(join(folder, "gone"));
  const files = new Map([
    ["a.yaml", Buffer.from("new")],
    ["gone/b.yaml", Buffer.from("new")],
  ]);
  await expect(writeFiles(folder, files)).rejects.toThrow("b.yaml");
  expect({ a: await readFile(join(folder, "a.yaml"), "utf8"), left: await readdir(folder, { recursive: true }) }).toEqual({
    a: "old",
    left: ["a.yaml", "gone"],
  });
});
