/** Tags and digests in keys of their own, and text that names an image where no form searches. */
import { describe, expect, test } from "vitest";
import { asFairleadError } from "../../../../src/core/errors.ts";
import { parseImage } from "../../../../src/core/image/image.ts";
import { editImage } from "../../../../src/core/deploy/manifest/edit-image.ts";
import { textTree } from "./trees.ts";

const plain = "ghcr.io/acme/app:2";
const [a, b] = ["a".repeat(64), "b".repeat(64)];
const pinned = `${plain}@sha256:${b}`;

/** Returns each changed place as `path: value`, each warning behind `!`, or the error in one line. */
async function changesOf(text: string | Uint8Array, image = plain, only?: string): Promise<readonly string[]> {
  try {
    const { changes, warnings } = await editImage(textTree({ "a.yaml": text }), parseImage(image), { only });
    return [...changes.map(({ path, to }) => `${path}: ${to}`), ...warnings.map((each) => `! ${each}`)];
  } catch (thrown) {
    const { code, message } = asFairleadError(thrown);
    return [`${code}: ${message}`];
  }
}

const repo = "ghcr.io/acme/app";
const held = "conflict: set ghcr.io/acme/app:2: a.yaml:1: it holds a digest, which would go on deciding what runs";
const noDigestKey = "! a.yaml:1: only the tag is set: there is no key for the digest";

describe("a tag or a digest in a key of its own", () => {
  test.each([
    ["a bare string beside tag", `{image: ${repo}, tag: 1}`, plain, ["tag: 2"]],
    ["a bare string beside its own key", `{workerImage: ${repo}, workerImageTag: 1, tag: 7}`, plain, ["workerImageTag: 2"]],
    ["a bare string beside image, which owns tag", `{workerImage: ${repo}, image: quay.io/x/y, tag: 7}`, plain, [`workerImage: ${repo}:2`]],
    [
      "two bare strings, each with its tag",
      `{image: ${repo}, imageTag: 1, jobImage: ${repo}, jobImageTag: 1}`,
      plain,
      ["imageTag: 2", "jobImageTag: 2"],
    ],
    ["a bare string with registry", "{registry: ghcr.io, image: acme/app, version: 1}", plain, ["version: 2"]],
    ["a bare string beside tag, image with a digest", `{image: ${repo}, tag: 1}`, pinned, ["tag: 2", noDigestKey]],
    ["a bare string beside an empty tag", `{image: ${repo}, tag: ""}`, plain, ["tag: 2"]],
    ["a bare string beside nothing", `{image: ${repo}}`, plain, [`image: ${repo}:2`]],
    ["a bare imageName beside nothing", `{imageName: ${repo}}`, plain, [`imageName: ${repo}:2`]],
    ["an imageName with a tag", `{appImageName: "${repo}:1"}`, plain, [`appImageName: ${repo}:2`]],
    [
      "a string with a tag beside a digest",
      `{image: "${repo}:1", digest: "sha256:${a}"}`,
      pinned,
      [`image: ${repo}:2`, `digest: sha256:${b}`],
    ],
    ["a string with a tag beside sha", `{image: "${repo}:1", sha: ${a}}`, pinned, [`image: ${repo}:2`, `sha: ${b}`]],
    ["a string with a tag beside an old digest, image without one", `{image: "${repo}:1", imageDigest: "sha256:${a}"}`, plain, [held]],
    [
      "a string with its digest in both places",
      `{image: "${repo}:1@sha256:${a}", digest: "sha256:${a}"}`,
      pinned,
      [`image: ${repo}:2@sha256:${b}`, `digest: sha256:${b}`],
    ],
    [
      "a digest of another string",
      `{image: "quay.io/x/y:1", digest: "sha256:${a}", workerImage: "${repo}:1"}`,
      plain,
      [`workerImage: ${repo}:2`],
    ],
    ["a map with sha and a prefix", `{repository: ${repo}, tag: 1, sha: "sha256:${a}"}`, pinned, ["tag: 2", `sha: sha256:${b}`]],
    ["a map with an empty sha", `{repository: ${repo}, tag: 1, sha: ""}`, pinned, ["tag: 2", `sha: ${b}`]],
    ["a map with an empty sha, image without a digest", `{repository: ${repo}, tag: 1, sha: }`, plain, ["tag: 2"]],
    ["a map with an old imageDigest, image without one", `{repository: ${repo}, tag: 1, imageDigest: "sha256:${a}"}`, plain, [held]],
    ["a map with the SHA of a commit", `{repository: ${repo}, tag: 1, sha: ${"c".repeat(40)}}`, plain, ["tag: 2"]],
    [
      "a map with a variable for a sha",
      `{repository: ${repo}, tag: 1, sha: "\${sha}"}`,
      plain,
      [`unsupported: set ${plain}: a.yaml:1: left alone: it holds the variable \${sha}`],
    ],
    ["an image by name", `image: {name: ${repo}, tag: 1}`, plain, ["image.tag: 2"]],
    [
      "an image by repository and name",
      "x: {initImage: {registry: ghcr.io, repository: acme, name: app, digest: }}",
      pinned,
      [`x.initImage.digest: sha256:${b}`],
    ],
    ["an image by repository, with another name", `image: {repository: ${repo}, name: web, tag: 1}`, plain, ["image.tag: 2"]],
    ["a name under another key", `container: {name: ${repo}, tag: 1}`, plain, [`not_found: set ${plain}: no manifest refers to ${repo}`]],
  ])("%s: set-image puts each part into its own key", async (_what, text, image, expected) => {
    expect(await changesOf(`${text}\n`, image)).toEqual(expected);
  });

  test("a name whose tag stands beside it is left to a marker or a selector, with a warning", async () => {
    const text = `kind: X\nmetadata: {name: x}\nimageName: ${repo}\nimageTag: 1\njob: {image: "${repo}:1"}\n`;
    expect(await changesOf(text)).toEqual([
      `job.image: ${repo}:2`,
      "! a.yaml:3: left alone: the tag beside imageName is set only by a marker or a selector",
    ]);
    expect(await changesOf(text, plain, "X/x#imageTag")).toEqual(["imageTag: 2"]);
  });

  test("a selector on digits sets digits, and on a name whose tag is beside it sets nothing", async () => {
    const text = `kind: X\nmetadata: {name: x}\nimage: ${repo}\ntag: 1\nsha: ${a}\n`;
    expect(await changesOf(text, pinned, "X/x#sha")).toEqual([`sha: ${b}`]);
    expect(await changesOf(text, plain, "X/x#image")).toEqual([
      `unsupported: set ${plain} in X/x#image: a.yaml:3: left alone: its tag has a key of its own, beside it`,
    ]);
  });
});

describe("text that names the image where no form searches", () => {
  const pod = (rest: string): string => `kind: Pod\nmetadata: {name: x, namespace: web}\n${rest}\n`;

  test.each([
    ["an argument", `args: ["--image=${repo}:1"]`, "args[0]", `${repo}:1`, true],
    ["an argument of its own", `args: [--image, "${repo}:1"]`, "args[1]", `${repo}:1`, true],
    ["an environment value", `env: [{name: A, value: "${repo}@sha256:${a}"}]`, "env[0].value", `${repo}@sha256:${a}`, true],
    ["an annotation", `annotations: {a.b/c: "${repo}:1"}`, 'annotations["a.b/c"]', `${repo}:1`, true],
    ["a word among others", `command: [sh, -c, "run ${repo}:1 --fast"]`, "command[2]", `${repo}:1`, false],
    ["a patch", `patch: |\n  - op: replace\n    value: "${repo}:1"`, "patch", `${repo}:1`, false],
    ["a key that is no form's", `baseimage: ${repo}:1`, "baseimage", `${repo}:1`, true],
    ["a value behind two equals signs", `args: ["--env=IMAGE=${repo}:1"]`, "args[0]", `${repo}:1`, false],
  ])("%s is named in a warning, or in the error if nothing else is found", async (_what, text, path, name, isSettable) => {
    const line = path === "patch" || !text.includes("\n") ? 3 : 5;
    const advice = isSettable ? `: set it with --only 'Pod/web/x#${path}'` : "";
    const mention = `a.yaml:${line}: ${path} names ${name}, and is left as it is${advice}`;
    expect(await changesOf(pod(text))).toEqual([`not_found: set ${plain}: no manifest refers to ${repo}, but ${mention}`]);
    expect(await changesOf(pod(`${text}\nimage: ${repo}:1`))).toEqual([`image: ${repo}:2`, `! ${mention}`]);
    if (isSettable) expect((await changesOf(pod(text), pinned, `Pod/web/x#${path}`)).at(0)).toContain(`${path}: `);
  });

  test.each([
    ["the wanted reference", `args: ["--image=${plain}"]`],
    ["a name without a tag", `args: ["--image=${repo}"]`],
    ["a longer name", `args: ["--image=${repo}-worker:1", "x/${repo}:1"]`],
    ["a comment", `# ${repo}:1`],
    ["an address", `url: oci://${repo}:1`],
  ])("%s is named in no warning", async (_what, text) => {
    expect(await changesOf(pod(`${text}\nimage: ${repo}:1`))).toEqual([`image: ${repo}:2`]);
  });

  test("a selector sets what stands behind an equals sign, and leaves what stands before it", async () => {
    const text = pod(`args: ["--image=${repo}:1@sha256:${a}"]`);
    expect(await changesOf(text, pinned, "Pod/x#args[0]")).toEqual([`args[0]: --image=${pinned}`]);
    expect((await changesOf(text, plain, "Pod/x#args[0]"))[0]).toMatch(/^conflict: .*it holds a digest/);
    expect((await changesOf(text.replace(repo, "quay.io/x/y"), plain, "Pod/x#args[0]"))[0]).toMatch(/another repository, quay\.io\/x\/y/);
  });

  test("a warning names no place that a selector leaves out", async () => {
    expect(await changesOf(pod(`args: ["${repo}:1"]\nspec: {image: "${repo}:1"}`), plain, "Pod/x#spec")).toEqual([`spec.image: ${repo}:2`]);
  });

  test("many such places are ten warnings and a count", async () => {
    const args = Array.from({ length: 13 }, () => `  - ${repo}:1\n`).join("");
    const lines = await changesOf(`image: ${repo}:1\nargs:\n${args}`);
    expect([lines.length, lines.at(-1)]).toEqual([12, "! a.yaml: 3 more places name the image, and are left as they are"]);
  });
});

test.each(["12e_3", "0O17", "0B11", "0X1f", "1__2", "0x_1F", "1_", "1.5_0", "08", "1e5", "1E-3", "0b1"])(
  "the tag %s is quoted, since Go's YAML readers take it for a number",
  async (tag) => {
    const { files } = await editImage(textTree({ "a.yaml": `{repository: ${repo}, tag: abc}\n` }), parseImage(`${repo}:${tag}`));
    expect(Buffer.from(files.get("a.yaml") ?? []).toString()).toBe(`{repository: ${repo}, tag: "${tag}"}\n`);
  },
);

test.each(["_12", "0o", "0xg", "1e", "v1_0", "1-2", "12e_a", "1.2.3"])("the tag %s stays plain", async (tag) => {
  const { files } = await editImage(textTree({ "a.yaml": `{repository: ${repo}, tag: abc}\n` }), parseImage(`${repo}:${tag}`));
  expect(Buffer.from(files.get("a.yaml") ?? []).toString()).toBe(`{repository: ${repo}, tag: ${tag}}\n`);
});

test.each([
  ["little-endian", false],
  ["big-endian", true],
])("a file of UTF-16, %s, is left alone with a warning if it names the image's last part", async (_order, isBig) => {
  const utf16 = (text: string): Uint8Array => {
    const bytes = Buffer.from(`\uFEFF${text}`, "utf16le");
    return isBig ? bytes.swap16() : bytes;
  };
  const tree = textTree({
    "a.yaml": `image: ${repo}:1\n`,
    "b.yaml": utf16(`image: ${repo}:1\n`),
    "c.yaml": utf16("image: quay.io/x/y:1\n"),
  });
  expect((await editImage(tree, parseImage(plain))).warnings).toEqual(["b.yaml: left alone: it is UTF-16, and not UTF-8"]);
  const [[, word = ""] = []] = tree.asked;
  expect(Buffer.from(await tree.read("b.yaml")).includes(word)).toBe(true);
});
