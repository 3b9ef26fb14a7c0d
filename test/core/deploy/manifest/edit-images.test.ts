import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FairleadError } from "../../../../src/core/errors.ts";
import { parseImage } from "../../../../src/core/image/image.ts";
import { editImage } from "../../../../src/core/deploy/manifest/edit-image.ts";
import { editImages } from "../../../../src/core/deploy/manifest/edit-images.ts";
import { proveFiles } from "../../../../src/core/deploy/manifest/prove-files.ts";
import type { EditImageOptions } from "../../../../src/core/deploy/manifest/require-references.ts";
import { folderTree, textTree } from "./trees.ts";

const digest = `sha256:${"a".repeat(64)}`;

/** Returns the edited files, or the error, and where each image was set. */
async function edit(files: Readonly<Record<string, string>>, images: readonly string[], options: EditImageOptions = {}): Promise<unknown> {
  const parsed = images.map(parseImage);
  try {
    const made = await editImages(textTree(files), parsed, options);
    await proveFiles(made.before, made.files, parsed);
    return {
      files: Object.fromEntries([...made.files].map(([path, bytes]) => [path, Buffer.from(bytes).toString()])),
      changes: made.changes.map(
        ({ file, line, from, to, images: of }) => `${file}:${line}: ${from} → ${to} (${of.map(({ repository }) => repository).join(", ")})`,
      ),
      warnings: made.warnings,
    };
  } catch (error) {
    if (error instanceof FairleadError) return { code: error.code, message: error.message, hint: error.hint };
    throw error;
  }
}

const pod = (...images: readonly string[]): string =>
  `kind: Pod\nmetadata: { name: pod }\nspec:\n  containers:\n${images.map((image) => `    - image: ${image} # kept\n`).join("")}`;

test("two images are set in one file and in another, each in all of its places", async () => {
  const files = {
    "b.yaml": pod("ghcr.io/acme/web:1", "ghcr.io/acme/api:1", "ghcr.io/acme/web:1"),
    "a.yaml": pod("ghcr.io/acme/api:1", "nginx:1"),
  };
  expect(await edit(files, ["ghcr.io/acme/web:2", "ghcr.io/acme/api:3"])).toEqual({
    files: {
      "a.yaml": pod("ghcr.io/acme/api:3", "nginx:1"),
      "b.yaml": pod("ghcr.io/acme/web:2", "ghcr.io/acme/api:3", "ghcr.io/acme/web:2"),
    },
    changes: [
      "a.yaml:5: ghcr.io/acme/api:1 → ghcr.io/acme/api:3 (acme/api)",
      "b.yaml:5: ghcr.io/acme/web:1 → ghcr.io/acme/web:2 (acme/web)",
      "b.yaml:6: ghcr.io/acme/api:1 → ghcr.io/acme/api:3 (acme/api)",
      "b.yaml:7: ghcr.io/acme/web:1 → ghcr.io/acme/web:2 (acme/web)",
    ],
    warnings: [],
  });
});

test("images in a folder are set there alone, with the paths of the whole tree", async () => {
  const files = { "apps/web/a.yaml": pod("ghcr.io/acme/web:1"), "apps/api/a.yaml": pod("ghcr.io/acme/web:1") };
  expect(await edit(files, ["ghcr.io/acme/web:2"], { folder: "apps/web" })).toEqual({
    files: { "apps/web/a.yaml": pod("ghcr.io/acme/web:2") },
    changes: ["apps/web/a.yaml:5: ghcr.io/acme/web:1 → ghcr.io/acme/web:2 (acme/web)"],
    warnings: [],
  });
});

test("each file is read and parsed once for any number of images", async () => {
  const tree = textTree({ "a.yaml": pod("ghcr.io/acme/web:1", "ghcr.io/acme/api:1") });
  await editImages(tree, [parseImage("ghcr.io/acme/web:2"), parseImage("ghcr.io/acme/api:2")]);
  expect(tree.asked).toEqual([["web", "api", "w\0e\0b", "a\0p\0i", "\\", '"$imagepolicy"', "ImagePolicy"]]);
});

test("all images without a manifest are one error, and nothing is edited", async () => {
  const files = { "a.yaml": pod("ghcr.io/acme/web:1") };
  expect(await edit(files, ["ghcr.io/acme/web:2", "ghcr.io/acme/apo:3", "ghcr.io/acme/none:1"])).toEqual({
    code: "not_found",
    message:
      "set ghcr.io/acme/apo:3: no manifest refers to ghcr.io/acme/apo; set ghcr.io/acme/none:1: no manifest refers to ghcr.io/acme/none",
    hint: "check the spelling of the repository, and the folder",
  });
  expect(await edit(files, ["ghcr.io/acme/web", "nginx"])).toMatchObject({
    code: "input",
    message: 'read image reference "ghcr.io/acme/web": it has no tag; read image reference "docker.io/library/nginx": it has no tag',
  });
});

test("a selector chooses the object in which all images are set", async () => {
  const files = { "a.yaml": pod("web:1", "api:1"), "b.yaml": pod("web:1", "api:1").replace("name: pod", "name: other") };
  expect(await edit(files, ["web:2", "api:2"], { only: "Pod/other" })).toMatchObject({
    files: { "b.yaml": expect.stringContaining("web:2") as string },
  });
  expect(await edit(files, ["web:2", "cron:2"], { only: "Pod/other" })).toMatchObject({
    code: "not_found",
    message: "set docker.io/library/cron:2 in Pod/other: there is no such object, or it does not refer to docker.io/library/cron",
  });
});

test("a broken file is warned about once", async () => {
  const files = { "a.yaml": pod("web:1", "api:1"), "broken.yaml": "web: [\napi: {\n" };
  const edited = (await edit(files, ["web:2", "api:2"])) as { warnings: readonly string[] };
  expect(edited.warnings).toEqual([expect.stringMatching(/^broken\.yaml: left alone: /)]);
});

describe("an anchor that two images follow", () => {
  const values = (tag: string): string =>
    `web:\n  image: { repository: ghcr.io/acme/web, tag: &version "${tag}" }\napi:\n  image: { repository: ghcr.io/acme/api, tag: *version }\n`;

  test("an anchor that two images follow is set if both get the same tag", async () => {
    expect(await edit({ "values.yaml": values("1") }, ["ghcr.io/acme/web:2", "ghcr.io/acme/api:2"])).toEqual({
      files: { "values.yaml": values("2") },
      changes: ["values.yaml:2: 1 → 2 (acme/web, acme/api)"],
      warnings: [],
    });
  });

  test.each([[["ghcr.io/acme/web:2"]], [["ghcr.io/acme/web:2", "ghcr.io/acme/api:3"]]])(
    "an anchor that two images follow is a conflict for %j",
    async (images) => {
      expect(await edit({ "values.yaml": values("1") }, images)).toMatchObject({
        code: "conflict",
        message: expect.stringMatching(
          /^set ghcr.io\/acme\/web:2: values.yaml:2: ghcr.io\/acme\/api follows the same anchor and would change too/,
        ) as string,
        hint: "give each of them a value of its own in the manifest",
      });
    },
  );
});

test("one place that a selector names cannot hold two images", async () => {
  const files = { "a.yaml": "kind: ConfigMap\nmetadata: { name: tags }\ndata:\n  tag: '1'\n" };
  expect(await edit(files, ["web:2", "api:3"], { only: "ConfigMap/tags#data.tag" })).toEqual({
    code: "conflict",
    message: "set docker.io/library/web:2 and docker.io/library/api:3: a.yaml:4: both would be written in this one place",
    hint: "name an object or a place that has one of them, or set each by itself",
  });
});

describe("the proof of edited files", () => {
  const corpus = join(import.meta.dirname, "../../../fixtures/manifests");
  const cases = readdirSync(corpus).filter((name) => /^\d/.test(name));

  test.each(cases)("the proof of edited files holds for %s of the corpus", async (name) => {
    const { image, only } = JSON.parse(readFileSync(join(corpus, name, "case.json"), "utf8")) as { image: string; only?: string };
    const edited = await editImage(folderTree(join(corpus, name, "before")), parseImage(image), { only }).catch(() => undefined);
    if (edited !== undefined) await proveFiles(edited.before, edited.files, [parseImage(image)]);
  });

  const before = pod("web:1", "api:1");
  test.each([
    ["a value of no image", pod("web:3", "api:1"), 'line 5 would get "web:3", which is of no image of the change'],
    ["a lost comment", pod("web:2", "api:1").replace(" # kept", ""), "text outside the scalars would change"],
    ["another key", pod("web:2", "api:1").replace("spec:", "spac:"), "more than scalars would change"],
    ["a reference more", pod("web:2", "api:1", "cron:1"), "more than scalars would change"],
    ["a file that is no YAML", "kind: [\n", "it cannot be read"],
  ])("the proof of edited files fails for %s", async (_, after, why) => {
    const files = (text: string): ReadonlyMap<string, Uint8Array> => new Map([["a.yaml", Buffer.from(text)]]);
    const images = [parseImage(`web:2`), parseImage(`api:2@${digest}`)];
    await proveFiles(files(before), files(pod("web:2", `api:2@${digest}`)), images);
    await expect(proveFiles(files(before), files(after), images)).rejects.toThrow(`edit a.yaml: ${why}`);
    await expect(proveFiles(new Map(), files(after), images)).rejects.toThrow("edit a.yaml: a file would be added or taken away");
  });
});
