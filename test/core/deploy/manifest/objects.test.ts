/** What an edit says of whole objects, of their items by name, and of what it does not search. */
import { describe, expect, test } from "vitest";
import { asFairleadError } from "../../../../src/core/errors.ts";
import { parseImage } from "../../../../src/core/image/image.ts";
import { editImage } from "../../../../src/core/deploy/manifest/edit-image.ts";
import type { EditImageOptions } from "../../../../src/core/deploy/manifest/require-references.ts";
import { textTree } from "./trees.ts";

const repo = "ghcr.io/acme/app";
const image = parseImage(`${repo}:2`);

/** Returns each changed place as `path: value`, each warning behind `!`, or the error and its hint. */
async function changesOf(files: Readonly<Record<string, string>>, options: EditImageOptions = {}): Promise<readonly string[]> {
  try {
    const { changes, warnings } = await editImage(textTree(files), image, options);
    return [...changes.map(({ path, to }) => `${path}: ${to}`), ...warnings.map((each) => `! ${each}`)];
  } catch (thrown) {
    const { code, message, hint } = asFairleadError(thrown);
    return [`${code}: ${message}`, hint ?? ""];
  }
}

const pod = (containers: string): Record<string, string> => ({
  "a.yaml": `kind: Pod\nmetadata: {name: x, namespace: web}\nspec:\n  containers:\n${containers}`,
});
const two = pod(`  - {name: node, image: "${repo}:node-1"}\n  - {name: "cluster x", image: "${repo}:cluster-1"}\n`);
const doing = `set ${repo}:2 in`;

describe("a selector with an item's name", () => {
  test.each([
    ["Pod/x#spec.containers[name=node]", ["spec.containers[0].image: ghcr.io/acme/app:2"]],
    ["Pod/web/x#spec.containers[name=node].image", ["spec.containers[0].image: ghcr.io/acme/app:2"]],
    ['Pod/x#spec.containers[name="cluster x"].image', ["spec.containers[1].image: ghcr.io/acme/app:2"]],
    ["Pod/x#spec.containers[name=cluster x].image", ["spec.containers[1].image: ghcr.io/acme/app:2"]],
    ["Pod/x#spec.containers.1.image", ["spec.containers[1].image: ghcr.io/acme/app:2"]],
  ])("%s chooses that item, wherever it is in the list", async (only, expected) => {
    expect(await changesOf(two, { only })).toEqual(expected);
  });

  test("a name that no item has, and one that two have, are not found", async () => {
    const same = pod(`  - {name: node, image: "${repo}:1"}\n  - {name: node, image: "${repo}:1"}\n`);
    for (const [files, name] of [
      [two, "web"],
      [same, "node"],
    ] as const) {
      const only = `Pod/x#spec.containers[name=${name}]`;
      expect((await changesOf(files, { only }))[0]).toBe(
        `not_found: ${doing} ${only}: there is no such object, or it does not refer to ${repo}`,
      );
    }
  });

  test.each(["Pod/x#/spec/containers/0", "Pod/x#spec.containers[name=]", "Pod/x#spec[=x]", 'Pod/x#spec[name="x]'])(
    "%s is refused with an example",
    async (only) => {
      expect(await changesOf(two, { only })).toEqual([
        `input: read selector "${only}": it is not Kind/name#path or Kind/namespace/name#path`,
        'name an object, and if need be a field: Deployment/web/app#spec.template.spec.containers[name=app], ConfigMap/app#data["runner.image"]',
      ]);
    },
  );
});

describe("different tags of one repository in one object", () => {
  const changed = ["spec.containers[0].image: ghcr.io/acme/app:2", "spec.containers[1].image: ghcr.io/acme/app:2"];

  test("an object with two tags is changed with a warning that names both", async () => {
    expect(await changesOf(two)).toEqual([
      ...changed,
      "! a.yaml:5: ghcr.io/acme/app has different tags in one object, node-1 and cluster-1, and all become 2: name one with --only",
    ]);
  });

  test("one tag in both places, or the wanted one in one of them, is no reason for a warning", async () => {
    expect(await changesOf(pod(`  - image: "${repo}:1"\n  - image: "${repo}:1"\n`))).toEqual(changed);
    expect(await changesOf(pod(`  - image: "${repo}:1"\n  - image: "${repo}:2"\n`))).toEqual(changed.slice(0, 1));
  });

  test("different tags in two objects of one file are no reason for a warning", async () => {
    const files = { "a.yaml": `image: "${repo}:1"\n---\nimage: "${repo}:0"\n` };
    expect(await changesOf(files)).toEqual(["image: ghcr.io/acme/app:2", "image: ghcr.io/acme/app:2"]);
  });

  test("a map and an image string with different tags are named too", async () => {
    const files = { "a.yaml": `image: {repository: ${repo}, tag: 0.9}\njob: {image: "${repo}:1"}\n` };
    expect((await changesOf(files)).at(-1)).toMatch(/has different tags in one object, (?:0.9 and 1|1 and 0.9), and all become 2/);
  });
});

describe("Flux Operator", () => {
  const provider = (type: string, url: string): string =>
    `kind: ResourceSetInputProvider\nmetadata: {name: app}\nspec:\n  type: ${type}\n  url: ${url}\n`;
  const warning = "! b.yaml:5: Flux Operator may set this image too, without Git: ResourceSetInputProvider app follows its tags";

  test.each(["OCIArtifactTag", "ECRArtifactTag", "ACRArtifactTag"])(
    "a provider of type %s that follows the image is a warning",
    async (type) => {
      const files = { "a.yaml": `image: "${repo}:1"\n`, "b.yaml": provider(type, `oci://${repo}`) };
      expect(await changesOf(files)).toEqual(["image: ghcr.io/acme/app:2", warning]);
    },
  );

  test("a provider of another image, of pull requests, or beside a selected object is no warning", async () => {
    const files = {
      "a.yaml": `kind: X\nmetadata: {name: x}\nimage: "${repo}:1"\n`,
      "b.yaml": provider("OCIArtifactTag", `oci://${repo}-worker`),
      "c.yaml": provider("GitHubPullRequest", "https://github.com/acme/app"),
    };
    expect(await changesOf(files)).toEqual(["image: ghcr.io/acme/app:2"]);
    const followed = { ...files, "b.yaml": provider("OCIArtifactTag", `oci://${repo}`) };
    expect(await changesOf(followed, { only: "X/x" })).toEqual(["image: ghcr.io/acme/app:2"]);
  });

  test("a template of a ResourceSet is left alone with its variable", async () => {
    const files = {
      "a.yaml": `image: {repository: ${repo}, tag: << inputs.tag >>}\njob: {image: "${repo}:<< inputs.tag >>"}\nx: {image: "${repo}:1"}\n`,
    };
    expect(await changesOf(files)).toEqual([
      "x.image: ghcr.io/acme/app:2",
      ...["! a.yaml:2", "! a.yaml:1"].map((each) => `${each}: left alone: it holds the variable << inputs.tag >>`),
    ]);
  });
});

describe("an image that is found nowhere", () => {
  const kustomization = { "apps/kustomization.yaml": "resources: [d.json]\n" };
  const none = `not_found: set ${repo}:2: no manifest refers to ${repo}`;

  test("the hint names files of JSON that have it", async () => {
    const json = JSON.stringify({ kind: "Pod", spec: { containers: [{ image: `${repo}:1` }] } });
    expect(await changesOf({ ...kustomization, "apps/d.json": json, "apps/.x.json": json, "apps/e.json": "{}" })).toEqual([
      none,
      "check the spelling of the repository, and the folder; apps/d.json names it, and only YAML files are searched",
    ]);
  });

  test("the error says that its folder is a file, or is not there", async () => {
    const files = { ...kustomization, "apps/web/a.yaml": "a: 1\n" };
    const hint = "name a folder that has manifests";
    expect(await changesOf(files, { folder: "apps/kustomization.yaml" })).toEqual([
      `not_found: set ${repo}:2: apps/kustomization.yaml is a file, not a folder`,
      hint,
    ]);
    expect(await changesOf(files, { folder: "apps/we" })).toEqual([
      `not_found: set ${repo}:2: there is no folder apps/we, or it is a link, which is not followed`,
      hint,
    ]);
    expect((await changesOf(files, { folder: "apps/web" }))[0]).toBe(none);
  });
});
