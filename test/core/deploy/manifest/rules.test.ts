import { describe, expect, test } from "vitest";
import { asFairleadError } from "../../../../src/core/errors.ts";
import { parseImage, unknownDigest } from "../../../../src/core/image/image.ts";
import { editImage } from "../../../../src/core/deploy/manifest/edit-image.ts";
import { type EditImageOptions } from "../../../../src/core/deploy/manifest/require-references.ts";
import { textTree } from "./trees.ts";

const plain = "ghcr.io/acme/app:1.4.3";
const digest = `sha256:${"a".repeat(64)}` as const;
const stale = `sha256:${"b".repeat(64)}`;
const pinned = `${plain}@${digest}`;

/** Returns the text of a.yaml after an edit, followed by the warnings, or the error in one line. */
async function outcome(text: string, image = plain, options: EditImageOptions = {}): Promise<string> {
  return await outcomeAmong({ "a.yaml": text }, image, options);
}

async function outcomeAmong(
  files: { readonly "a.yaml": string; readonly [path: string]: string },
  image = plain,
  options: EditImageOptions = {},
): Promise<string> {
  try {
    const edit = await editImage(textTree(files), parseImage(image), options);
    const text = Buffer.from(edit.files.get("a.yaml") ?? Buffer.from(files["a.yaml"])).toString();
    return [text, ...edit.warnings.map((each) => `! ${each}\n`)].join("");
  } catch (thrown) {
    const { code, message } = asFairleadError(thrown);
    return `${code}: ${message}`;
  }
}

interface RuleCase {
  readonly title: string;
  readonly text: string;
  readonly image?: string;
  readonly only?: string;
  readonly outcome: string;
}

const object = (kind: string, rest: string): string => `kind: ${kind}\nmetadata: {name: x, namespace: web}\n${rest}`;

const cases: readonly RuleCase[] = [
  // Values that no form takes for a reference.
  {
    title: "a label, an annotation and an environment variable called image are no references",
    text: "podLabels: {image: ghcr.io/acme/app}\nannotations: {appImage: ghcr.io/acme/app:1}\nenv: {image: ghcr.io/acme/app:1}\nimage: ghcr.io/acme/app:1\n",
    outcome:
      "podLabels: {image: ghcr.io/acme/app}\nannotations: {appImage: ghcr.io/acme/app:1}\nenv: {image: ghcr.io/acme/app:1}\nimage: ghcr.io/acme/app:1.4.3\n! a.yaml:2: annotations.appImage names ghcr.io/acme/app:1, and is left as it is\n! a.yaml:3: env.image names ghcr.io/acme/app:1, and is left as it is\n",
  },
  {
    title: "a string whose tag no registry would take is no reference",
    text: "image: ghcr.io/acme/app:$TAG\n",
    outcome: "not_found: set ghcr.io/acme/app:1.4.3: no manifest refers to ghcr.io/acme/app",
  },
  {
    title: "a variable in the repository hides it",
    text: "image: ghcr.io/acme/app${suffix}:1\n",
    outcome: "not_found: set ghcr.io/acme/app:1.4.3: no manifest refers to ghcr.io/acme/app",
  },
  // Rules 9 and 10.
  {
    title: "a registry in capitals is the same registry, and keeps its capitals",
    text: "image: GHCR.io/acme/app:1\n",
    outcome: "image: GHCR.io/acme/app:1.4.3\n",
  },
  {
    title: "an image beside a tag is an image map, with its registry apart",
    text: "a: {registry: ghcr.io, image: acme/app, tag: 1}\n",
    outcome: "a: {registry: ghcr.io, image: acme/app, tag: 1.4.3}\n",
  },
  {
    title: "an image with a tag of its own beside a tag is an image string",
    text: "a: {image: ghcr.io/acme/app:1, tag: 1}\n",
    outcome: "a: {image: ghcr.io/acme/app:1.4.3, tag: 1}\n",
  },
  {
    title: "a registry may bring the beginning of the repository's path",
    text: "a: {registry: ghcr.io/acme, repository: app, tag: 1}\n",
    outcome: "a: {registry: ghcr.io/acme, repository: app, tag: 1.4.3}\n",
  },
  {
    title: "a name that is written with escapes is the same name",
    text: 'a: {repository: "ghcr.io\\/acme/\\u0061p\\\n  p", tag: 1}\n',
    outcome: 'a: {repository: "ghcr.io\\/acme/\\u0061p\\\n  p", tag: 1.4.3}\n',
  },
  {
    title: "a scalar with a binary tag is read as it is written",
    text: `image: !!binary ${Buffer.from("ghcr.io/acme/app:1").toString("base64")}\n`,
    outcome: "not_found: set ghcr.io/acme/app:1.4.3: no manifest refers to ghcr.io/acme/app",
  },
  // Rules 15 to 17: references that are left alone.
  {
    title: "a template's variable in the tag is left alone",
    text: 'image: "ghcr.io/acme/app:{{ .Values.tag }}"\nappImage: ghcr.io/acme/app\n',
    outcome:
      'image: "ghcr.io/acme/app:{{ .Values.tag }}"\nappImage: ghcr.io/acme/app:1.4.3\n! a.yaml:1: left alone: it holds the variable {{ .Values.tag }}\n',
  },
  {
    title: "a variable with a slash in its default is still behind the repository",
    text: "image: ghcr.io/acme/app:${tag:=a/b}\n",
    outcome: "unsupported: set ghcr.io/acme/app:1.4.3: a.yaml:1: left alone: it holds the variable ${tag:=a/b}",
  },
  {
    title: "an image map without tag or digest gets none",
    text: "image:\n  repository: ghcr.io/acme/app\n",
    outcome: "unsupported: set ghcr.io/acme/app:1.4.3: a.yaml:2: left alone: the key tag is missing, and keys are never added",
  },
  {
    title: "a Kustomize entry with only a new name gets no tag",
    text: "images: [{name: app, newName: ghcr.io/acme/app}]\n",
    outcome: "unsupported: set ghcr.io/acme/app:1.4.3: a.yaml:1: left alone: the key newTag is missing, and keys are never added",
  },
  {
    title: "a source without ref gets none",
    text: "kind: OCIRepository\nspec: {url: oci://ghcr.io/acme/app}\n",
    outcome: "unsupported: set ghcr.io/acme/app:1.4.3: a.yaml:2: left alone: the key tag is missing, and keys are never added",
  },
  {
    title: "a tag that is tagged as a number is left alone",
    text: "image: {repository: ghcr.io/acme/app, tag: !!float 1.2}\n",
    outcome: "unsupported: set ghcr.io/acme/app:1.4.3: a.yaml:1: left alone: its tag tag:yaml.org,2002:float makes it no string",
  },
  {
    title: "a tag in a block that keeps its line end is left alone",
    text: "image:\n  repository: ghcr.io/acme/app\n  tag: |\n    1.4.2\n",
    outcome:
      "unsupported: set ghcr.io/acme/app:1.4.3: a.yaml:3: left alone: its block is not one line with an indicator that strips the line end",
  },
  // Rules 18 to 21: digests.
  {
    title: "a tag that ends in a digest conflicts with an image that has none",
    text: "image: {repository: ghcr.io/acme/app, tag: '1.4.3@sha256:0'}\n",
    outcome: "conflict: set ghcr.io/acme/app:1.4.3: a.yaml:1: it holds a digest, which would go on deciding what runs",
  },
  {
    title: "a digest of another algorithm is a digest",
    text: "image: ghcr.io/acme/app@sha512:0\n",
    outcome: "conflict: set ghcr.io/acme/app:1.4.3: a.yaml:1: it holds a digest, which would go on deciding what runs",
  },
  {
    title: "an empty digest is left where the image has none",
    text: "image: {repository: ghcr.io/acme/app, tag: 1, digest: }\n",
    outcome: "image: {repository: ghcr.io/acme/app, tag: 1.4.3, digest: }\n",
  },
  {
    title: "empty digests are filled, whatever they are written as",
    image: pinned,
    text: `images:\n- {name: ghcr.io/acme/app, digest: }\n- {name: ghcr.io/acme/app, digest: ~}\n- {name: ghcr.io/acme/app, digest: ''}\n- digest: &d # none\n  name: ghcr.io/acme/app\n`,
    outcome: `images:\n- {name: ghcr.io/acme/app, digest: ${digest} }\n- {name: ghcr.io/acme/app, digest: ${digest}}\n- {name: ghcr.io/acme/app, digest: '${digest}'}\n- digest: &d ${digest} # none\n  name: ghcr.io/acme/app\n`,
  },
  {
    title: "a map with nothing but an empty digest has no key for a tag",
    text: "image: {repository: ghcr.io/acme/app, digest: }\n",
    outcome: "unsupported: set ghcr.io/acme/app:1.4.3: a.yaml:1: left alone: the key tag is missing, and keys are never added",
  },
  // Rule 25: anchors.
  {
    title: "an anchor that another repository's tag follows is a conflict",
    text: "a: {repository: ghcr.io/acme/app, tag: &v 1}\nb: {repository: ghcr.io/acme/worker, tag: *v}\n",
    outcome: "conflict: set ghcr.io/acme/app:1.4.3: a.yaml:1: ghcr.io/acme/worker follows the same anchor and would change too",
  },
  {
    title: "an anchor that a merge key brings to another repository is a conflict",
    text: "a: &a {repository: ghcr.io/acme/app, tag: 1}\nb: {<<: *a, repository: ghcr.io/acme/worker}\n",
    outcome: "conflict: set ghcr.io/acme/app:1.4.3: a.yaml:1: ghcr.io/acme/worker follows the same anchor and would change too",
  },
  {
    title: "an anchor of another repository is no conflict if nothing changes",
    text: "a: {repository: ghcr.io/acme/app, tag: &v 1.4.3}\nb: {repository: ghcr.io/acme/worker, tag: *v}\n",
    outcome: "a: {repository: ghcr.io/acme/app, tag: &v 1.4.3}\nb: {repository: ghcr.io/acme/worker, tag: *v}\n",
  },
  {
    title: "an alias before its anchor breaks the file",
    text: "a: *later\nimage: &later ghcr.io/acme/app:1\n",
    outcome: "not_found: set ghcr.io/acme/app:1.4.3: no manifest refers to ghcr.io/acme/app",
  },
  {
    title: "a file with a carriage return that ends no line is left alone",
    text: "tag:\rimage: ghcr.io/acme/app:1\n",
    outcome: "not_found: set ghcr.io/acme/app:1.4.3: no manifest refers to ghcr.io/acme/app",
  },
  // Rules 27 to 30: selectors.
  {
    title: "a selector takes the objects of its name in any namespace, and leaves the others without a word",
    only: "Pod/x",
    text: `${object("Pod", "spec: {image: ghcr.io/acme/app:1}\n")}---\nkind: Pod\nmetadata: {name: y}\nimage: ghcr.io/acme/app@sha256:0\n`,
    outcome: `${object("Pod", "spec: {image: ghcr.io/acme/app:1.4.3}\n")}---\nkind: Pod\nmetadata: {name: y}\nimage: ghcr.io/acme/app@sha256:0\n`,
  },
  {
    title: "a path to a map limits the search",
    only: "OCIRepository/web/x#spec.ref",
    text: object("OCIRepository", "spec: {url: oci://ghcr.io/acme/app, ref: {tag: 1}}\nimage: ghcr.io/acme/app:1\n"),
    outcome: object("OCIRepository", "spec: {url: oci://ghcr.io/acme/app, ref: {tag: 1.4.3}}\nimage: ghcr.io/acme/app:1\n"),
  },
  {
    title: "an item of a list is no object",
    only: "Pod/x",
    text: "kind: List\nitems:\n- kind: Pod\n  metadata: {name: x}\n  image: ghcr.io/acme/app:1\n",
    outcome: "not_found: set ghcr.io/acme/app:1.4.3 in Pod/x: there is no such object, or it does not refer to ghcr.io/acme/app",
  },
  {
    title: "a path that is not there is not found",
    only: "Pod/x#spec.image",
    text: object("Pod", "image: ghcr.io/acme/app:1\n"),
    outcome: "not_found: set ghcr.io/acme/app:1.4.3 in Pod/x#spec.image: there is no such object, or it does not refer to ghcr.io/acme/app",
  },
  {
    title: "a scalar named by a selector takes its shape from its value",
    only: 'ConfigMap/x#data["a.b"]',
    image: pinned,
    text: object("ConfigMap", `data: {a.b: ${stale}}\n`),
    outcome: object("ConfigMap", `data: {a.b: ${digest}}\n`),
  },
  {
    title: "a named tag gets the tag, and a warning that the digest has no place",
    only: "ConfigMap/x#data.tag",
    image: pinned,
    text: object("ConfigMap", "data: {tag: 1.4.2}\n"),
    outcome: `${object("ConfigMap", "data: {tag: 1.4.3}\n")}! a.yaml:3: only the tag is set: there is no key for the digest\n`,
  },
  {
    title: "a named tag that ends in a digest gets both",
    only: "ConfigMap/x#data.tag",
    image: pinned,
    text: object("ConfigMap", `data: {tag: 1.4.2@${stale}}\n`),
    outcome: object("ConfigMap", `data: {tag: 1.4.3@${digest}}\n`),
  },
  {
    title: "a named item of a list that is empty gets the tag",
    only: "ConfigMap/x#data[1]",
    text: object("ConfigMap", "data:\n- a\n- # none\n"),
    outcome: object("ConfigMap", "data:\n- a\n- 1.4.3 # none\n"),
  },
  {
    title: "a named reference to another repository is a conflict",
    only: "ConfigMap/x#data.image",
    text: object("ConfigMap", "data: {image: ghcr.io/acme/worker:1}\n"),
    outcome:
      "conflict: set ghcr.io/acme/app:1.4.3 in ConfigMap/x#data.image: a.yaml:3: it refers to another repository, ghcr.io/acme/worker",
  },
  {
    title: "a named tag beside a digest that stays is a conflict",
    only: "Kustomization/x#images[0].newTag",
    text: object("Kustomization", "images: [{name: ghcr.io/acme/app, newTag: 1, digest: sha256:0}]\n"),
    outcome:
      "conflict: set ghcr.io/acme/app:1.4.3 in Kustomization/x#images[0].newTag: a.yaml:3: beside it stands a digest, which would go on deciding what runs",
  },
  {
    title: "named text of more than one word is unsupported",
    only: "ConfigMap/x#data.a",
    text: object("ConfigMap", "data: {a: two words}\n"),
    outcome:
      "unsupported: set ghcr.io/acme/app:1.4.3 in ConfigMap/x#data.a: a.yaml:3: left alone: it is text of more than one word or line",
  },
  {
    title: "named text with a variable is unsupported",
    only: "ConfigMap/x#data.a",
    text: object("ConfigMap", "data: {a: '${b}'}\n"),
    outcome: "unsupported: set ghcr.io/acme/app:1.4.3 in ConfigMap/x#data.a: a.yaml:3: left alone: it holds the variable ${b}",
  },
  {
    title: "a malformed selector is refused",
    only: "x",
    text: "",
    outcome: 'input: read selector "x": it is not Kind/name#path or Kind/namespace/name#path',
  },
  {
    title: "a malformed path in a selector is refused",
    only: "Pod/x#a..b",
    text: "",
    outcome: 'input: read selector "Pod/x#a..b": it is not Kind/name#path or Kind/namespace/name#path',
  },
];

describe("the rules that the corpus has no case for", () => {
  test.each(cases)("editImage: $title", async ({ text, image, only, outcome: expected }) => {
    expect(await outcome(text, image, { only })).toBe(expected);
  });
});

describe("markers of Flux's image automation", () => {
  const marked = 'x:\n- 1 # {"$imagepolicy": "flux:p:tag"}\n';

  test("a marked line gives its policy's repository to files that do not name it", async () => {
    const named = 'x: ghcr.io/acme/app:1 # {"$imagepolicy": "flux:p"}\n';
    expect(await outcomeAmong({ "a.yaml": marked, "b.yaml": named })).toBe(
      'x:\n- 1.4.3 # {"$imagepolicy": "flux:p:tag"}\n! a.yaml:2: Flux may write here too: the line has an $imagepolicy marker\n! b.yaml:1: Flux may write here too: the line has an $imagepolicy marker\n',
    );
  });

  test("policy objects give the repository to files that name neither each other nor it", async () => {
    const policy = "kind: ImagePolicy\nmetadata: {name: p, namespace: flux}\nspec: {imageRepositoryRef: {name: r, namespace: images}}\n";
    const source = "kind: ImageRepository\nmetadata: {name: r, namespace: images}\nspec: {image: ghcr.io/acme/app}\n";
    expect(await outcomeAmong({ "a.yaml": marked, "p.yaml": policy, "r.yaml": source })).toContain("- 1.4.3 #");
  });

  test("a marked line under a form's key keeps its own repository", async () => {
    const file = `${marked}y: ghcr.io/acme/app:1 # {"$imagepolicy": "flux:p"}\nimage:\n  repository: ghcr.io/acme/worker\n  tag: 7 # {"$imagepolicy": "flux:p:tag"}\n`;
    expect(await outcome(file)).toContain("  tag: 7 #");
  });
});

test("an empty document and one that is a single scalar stay as they are", async () => {
  const text = "---\n# app\n---\nimage: ghcr.io/acme/app:1\n---\nghcr.io/acme/app:1\n---\n";
  expect(await outcome(text)).toBe(
    `${text.replace("image: ghcr.io/acme/app:1", "image: ghcr.io/acme/app:1.4.3")}! a.yaml:6: the document names ghcr.io/acme/app:1, and is left as it is\n`,
  );
});

test("a number of references other than the expected one is a conflict", async () => {
  const text = "a: {image: ghcr.io/acme/app:1}\nb: {image: ghcr.io/acme/app:1.4.3}\n";
  expect(await outcome(text, plain, { expect: 2 })).toBe("a: {image: ghcr.io/acme/app:1.4.3}\nb: {image: ghcr.io/acme/app:1.4.3}\n");
  expect(await outcome(text, plain, { expect: 1 })).toBe(
    "conflict: set ghcr.io/acme/app:1.4.3: found 2 references to ghcr.io/acme/app, expected 1",
  );
});

test("several places that follow one anchor are one reference", async () => {
  const text = "a: {image: &i ghcr.io/acme/app:1}\nb: {image: *i}\n";
  expect(await outcome(text, plain, { expect: 1 })).toBe("a: {image: &i ghcr.io/acme/app:1.4.3}\nb: {image: *i}\n");
});

test('a "not found" error names the nearest references and the files that could not be read', async () => {
  const tree = textTree({ "a.yaml": "image: ghcr.io/acne/app:1\nappImage: quay.io/x/y:1\n", "b.yaml": "image: ghcr.io/acme/app: {\n" });
  const error = asFairleadError(await editImage(tree, parseImage(plain)).catch((thrown: unknown) => thrown));
  expect(error.hint).toMatch(
    /^look whether one of these is meant: ghcr.io\/acne\/app, quay.io\/x\/y; b.yaml: left alone: line 1 does not parse: /,
  );
});

test("an unreadable file, or a duplicate key, causes a warning if it has the name's last part", async () => {
  const tree = textTree({
    "a.yaml": "image: ghcr.io/acme/app:1\n",
    "chart.yaml": "image: {{ .Values.registry }}/app:v1\n",
    "duplicate.yaml": "labels:\n  name: app\n  name: web\n",
    "latin.yaml": Buffer.from("app: größe\n", "latin1"),
    "merge.yaml": "<<<<<<< HEAD\napp: 1\n=======\napp: 2\n>>>>>>> main\n",
    "other.yaml": 'text: "\\u0041\nimage: [ghcr.io/acme/web\n',
    "simple.yaml": "labels:\n  app: app\n",
    "whole.yaml": "image: ghcr.io/acme/app:1\n{\n",
  });
  expect(await editImage(tree, parseImage(plain))).toEqual({
    files: new Map([["a.yaml", Buffer.from("image: ghcr.io/acme/app:1.4.3\n")]]),
    holding: ["a.yaml"],
    before: new Map([["a.yaml", Buffer.from("image: ghcr.io/acme/app:1\n")]]),
    splices: new Map([["a.yaml", [{ start: 7, end: 25, source: "ghcr.io/acme/app:1.4.3" }]]]),
    changes: [{ file: "a.yaml", document: 0, path: "image", line: 1, from: "ghcr.io/acme/app:1", to: "ghcr.io/acme/app:1.4.3" }],
    warnings: [
      "chart.yaml: left alone: line 1 does not parse: unexpected scalar at node end",
      "latin.yaml: left alone: it is not UTF-8",
      "merge.yaml: left alone: line 1 does not parse: implicit keys need to be on a single line",
      "whole.yaml: left alone: line 2 does not parse: implicit keys need to be on a single line",
      'duplicate.yaml: left alone: the key "name" is a duplicate of one in the same map',
    ],
  });
});

test("the placeholder digest of a dry run is written without quotes", async () => {
  const edit = await editImage(textTree({ "a.yaml": "image: ghcr.io/acme/app:1\n" }), { ...parseImage(plain), digest: unknownDigest });
  expect(Buffer.from(edit.files.get("a.yaml") ?? []).toString()).toBe("image: ghcr.io/acme/app:1.4.3@sha256:(known after push)\n");
});

test("a tree is asked only for files that can hold a reference", async () => {
  const tree = textTree({ "a.yaml": "image: ghcr.io/acme/app:1\n" });
  await editImage(tree, parseImage(plain));
  expect(tree.asked).toEqual([["app", "a\0p\0p", "\\", '"$imagepolicy"', "ImagePolicy"]]);
});

test("documents whose merge keys multiply are left alone, aliases of aliases are walked once", async () => {
  const lists = Array.from({ length: 40 }, (_, index) => `l${index + 1}: &l${index + 1} [*l${index}, *l${index}, *l${index}]\n`).join("");
  expect(await outcome(`l0: &l0 {image: ghcr.io/acme/app:1}\n${lists}`)).toBe(`l0: &l0 {image: ghcr.io/acme/app:1.4.3}\n${lists}`);
  const chain = Array.from({ length: 600 }, (_, index) => `m${index + 1}: &m${index + 1} {<<: *m${index}, k${index}: 1}\n`).join("");
  const files = { "a.yaml": `m0: &m0 {image: ghcr.io/acme/app:1}\n${chain}`, "b.yaml": "image: ghcr.io/acme/app:1\n" };
  expect(await outcomeAmong(files)).toContain("! a.yaml: left alone: it does not parse: its merge keys bring too many entries");
});
