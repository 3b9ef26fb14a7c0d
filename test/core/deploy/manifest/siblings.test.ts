/** Keys beside a reference that no form knows: what may go on deciding what runs is named in a warning. */
import { describe, expect, test } from "vitest";
import { asFairleadError } from "../../../../src/core/errors.ts";
import { parseImage } from "../../../../src/core/image/image.ts";
import { editImage } from "../../../../src/core/deploy/manifest/edit-image.ts";
import { textTree } from "./trees.ts";

const repo = "ghcr.io/acme/app";
const plain = `${repo}:2`;
const [a, b] = ["a".repeat(64), "b".repeat(64)];
const pinned = `${plain}@sha256:${b}`;

/** Returns each changed place as `path: value`, each warning behind `!`, or the error in one line. */
async function changesOf(text: string, image = plain, only?: string): Promise<readonly string[]> {
  try {
    const { changes, warnings } = await editImage(textTree({ "a.yaml": text }), parseImage(image), { only });
    return [...changes.map(({ path, to }) => `${path}: ${to}`), ...warnings.map((each) => `! ${each}`)];
  } catch (thrown) {
    const { code, message } = asFairleadError(thrown);
    return [`${code}: ${message}`];
  }
}

const staysDigest = (key: string, line = 1): string =>
  `! a.yaml:${line}: ${key} beside the image holds a digest, which is left as it is and may go on deciding what runs: set it with --only, or take it out`;
const staysTag = (key: string): string =>
  `! a.yaml:1: ${key} beside the image is left as it is: if it is the image's tag too, set it alone with --only`;

describe("a digest under a key that no form knows", () => {
  test.each([
    ...["sha256", "imageSha", "imageSHA256", "hash", "tagDigest", "digestSHA", "sha256Digest", "controllerDigest", "genericDigest"],
    ...["awsDigest", "digestChroot", "anything"],
  ])("%s is named in a warning beside a map and beside a string", async (key) => {
    expect(await changesOf(`image: {repository: ${repo}, tag: 1, ${key}: "sha256:${a}"}\n`)).toEqual(["image.tag: 2", staysDigest(key)]);
    expect(await changesOf(`{image: "${repo}:1", ${key}: "sha256:${a}"}\n`)).toEqual([`image: ${plain}`, staysDigest(key)]);
    expect(await changesOf(`{image: ${repo}, tag: 1, ${key}: "sha256:${a}"}\n`)).toEqual(["tag: 2", staysDigest(key)]);
  });

  test("an image with a digest leaves it too, and says so, unless it is the wanted one", async () => {
    const text = (digest: string) => `image: {repository: ${repo}, tag: 1, digest: "sha256:${a}", genericDigest: "sha256:${digest}"}\n`;
    const changed = ["image.tag: 2", `image.digest: sha256:${b}`];
    expect(await changesOf(text(a), pinned)).toEqual([...changed, staysDigest("genericDigest")]);
    expect(await changesOf(text(b), pinned)).toEqual(changed);
  });

  test("a selector that sets the tag names it too, and one that names it sets it", async () => {
    const text = `kind: X\nmetadata: {name: x}\nimage:\n  repository: ${repo}\n  tag: 1\n  hash: sha256:${a}\n`;
    expect(await changesOf(text, plain, "X/x#image.tag")).toEqual(["image.tag: 2", staysDigest("hash", 6)]);
    expect(await changesOf(text, pinned, "X/x#image.hash")).toEqual([`image.hash: sha256:${b}`]);
  });

  test.each([
    ["digits under a key of sums", `{image: "${repo}:1", imageSha: ${a}}`, [staysDigest("imageSha")]],
    ["digits under another key", `{image: "${repo}:1", checksum: ${a}}`, []],
    ["the SHA of a commit", `{image: "${repo}:1", gitSha: ${"c".repeat(40)}}`, []],
    ["the digest of another string", `{image: "${repo}:1", jobImage: "quay.io/x/y:1", jobImageDigest: "sha256:${a}"}`, []],
  ])("%s beside a string", async (_what, text, warnings) => {
    expect(await changesOf(`${text}\n`)).toEqual([`image: ${plain}`, ...warnings]);
  });
});

describe("a bare image string beside a tag that no form knows", () => {
  test.each([
    ...["imageVersion", "appVersion", "dockerTag", "imageTagName", "image_tag", "releaseTag", "tagName", "containerVersion"],
    ...["controllerImageVersion", "linkerdVersion"],
  ])("%s is named in a warning", async (key) => {
    expect(await changesOf(`{image: ${repo}, ${key}: 1.0.0}\n`)).toEqual([`image: ${plain}`, staysTag(key)]);
    expect(await changesOf(`{controllerImage: ${repo}, ${key}: 1.0.0}\n`)).toEqual([`controllerImage: ${plain}`, staysTag(key)]);
  });

  test.each([
    ["a string that has its tag", `{image: "${repo}:1", appVersion: 1.0.0}`],
    ["the version of the object", `{apiVersion: v1, image: ${repo}}`],
    ["an empty tag", `{image: ${repo}, appVersion: ""}`],
    ["text that is no tag", `{image: ${repo}, appVersion: "> 1.0"}`],
  ])("%s makes no warning", async (_what, text) => {
    expect(await changesOf(`${text}\n`)).toEqual([`image: ${plain}`]);
  });
});

describe("a repository under other keys", () => {
  test.each([
    ["repo", `image: {repo: ${repo}, tag: 1}`, ["image.tag: 2"]],
    ["registry and repo", "workerImage: {registry: ghcr.io, repo: acme/app, tag: 1}", ["workerImage.tag: 2"]],
    ["imageRegistry and imageRepository", "{imageRegistry: ghcr.io, imageRepository: acme/app, imageTag: 1}", ["imageTag: 2"]],
    ["imageRepository alone", `{imageRepository: ${repo}, imageTag: 1}`, ["imageTag: 2"]],
    ["hub and image", "global: {hub: ghcr.io/acme, image: app, tag: 1}", ["global.tag: 2"]],
    ["registry with a slash at its end", "image: {registry: ghcr.io/, repository: acme/app, tag: 1}", ["image.tag: 2"]],
    ["repo that is no image's", `source: {repo: ${repo}, tag: 1}`, [`not_found: set ${plain}: no manifest refers to ${repo}`]],
  ])("%s: the tag beside it is set", async (_what, text, expected) => {
    expect(await changesOf(`${text}\n`)).toEqual(expected);
  });

  test("imageRepository with an old imageDigest is refused, and both are set with a digest", async () => {
    const text = `{imageRepository: ${repo}, imageTag: 1, imageDigest: "sha256:${a}"}\n`;
    expect(await changesOf(text)).toEqual([`conflict: set ${plain}: a.yaml:1: it holds a digest, which would go on deciding what runs`]);
    expect(await changesOf(text, pinned)).toEqual(["imageTag: 2", `imageDigest: sha256:${b}`]);
  });
});
