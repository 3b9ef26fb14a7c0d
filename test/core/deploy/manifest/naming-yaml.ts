import fc from "fast-check";

/** Images whose names contain each other, with and without the parts that Docker Hub leaves out. */
const names = [
  "ghcr.io/acme/app",
  "ghcr.io/acme/group/app",
  "docker.io/library/app",
  "docker.io/acme/app",
  "127.0.0.1:5000/app",
  "[::1]:5000/acme/app",
  "ghcr.io/library/app",
];

/** Returns a name as a manifest may spell it, or a similar one. */
function spelled(name: string): fc.Arbitrary<string> {
  const [host = "", ...path] = name.split("/");
  const rest = path.join("/");
  const short = rest.replace("library/", "");
  const same =
    host === "docker.io" ? [name, rest, short, `index.docker.io/${rest}`, `Docker.io/${short}`] : [name, `${host.toUpperCase()}/${rest}`];
  const alike = [`${name}-worker`, `${name}/sidecar`, `mirror.example/${name}`, `old-${name}`, "app", rest, ...names];
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...same) }, fc.constantFrom(...alike));
}

/** The ways to write a letter in double quotes. */
const escapes: readonly ((letter: string) => string)[] = [
  (letter) => `\\x${hex(letter, 2)}`,
  (letter) => `\\u${hex(letter, 4)}`,
  (letter) => `\\U${hex(letter, 8)}`,
  (letter) => (letter === "/" ? "\\/" : letter),
  (letter) => `\\\n                ${letter}`,
  (letter) => `${letter}\\\r\n                `,
];

function hex(letter: string, digits: number): string {
  return letter.charCodeAt(0).toString(16).padStart(digits, "0");
}

/** Writes a text as a scalar that may stand anywhere. */
type Write = (text: string) => string;

const escaped: fc.Arbitrary<Write> = fc
  .record({ places: fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }), escape: fc.constantFrom(...escapes) })
  .map(({ places, escape }) => (text) => {
    const at = new Set(places.map((place) => place % text.length));
    return `"${[...text].map((letter, index) => (at.has(index) ? escape(letter) : letter)).join("")}"`;
  });

const write: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<Write>(
      (text) => (text.startsWith("[") ? `'${text}'` : text),
      (text) => `'${text}'`,
      (text) => `"${text}"`,
      (text) => `!!str "${text}"`,
      (text) => `&own "${text}"`,
      (text) => `!!binary ${Buffer.from(text).toString("base64")}`,
    ),
  },
  escaped,
);

/** A value behind a key of a block map, where blocks may stand too. */
const block: fc.Arbitrary<Write> = fc.oneof(
  write,
  fc.constantFrom<Write>(
    (text) => `>-\n            ${text}`,
    (text) => `|-\r\n            ${text}`,
    (text) => `\n            ${text.startsWith("[") ? `'${text}'` : text}`,
  ),
);

const suffix = fc.constantFrom("", ":1", `:1@sha256:${"0".repeat(64)}`, `@sha256:${"1".repeat(64)}`, ":${tag}", ":{{tag}}");

/** Returns the two halves of a name, a registry and a repository; something else if it has no slash. */
function halved(name: fc.Arbitrary<string>): fc.Arbitrary<readonly [string, string]> {
  return fc.record({ name, at: fc.nat(5) }).map(({ name, at }) => {
    const slashes = [...name.matchAll(/\//g)].map(({ index }) => index);
    const slash = slashes[at % Math.max(slashes.length, 1)] ?? name.length;
    return [name.slice(0, slash), name.slice(slash + 1) || "app"] as const;
  });
}

/** Returns a document that may refer to an image. */
function documentNaming(name: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    fc
      .record({ key: fc.constantFrom("image", "sideImage", "? image\n"), name, end: suffix, as: block })
      .map(({ key, name, end, as }) => `${key}: ${as(name + end)}\n`),
    fc
      .record({ name, end: suffix, kind: write, called: write, as: write })
      .map(
        ({ name, end, kind, called, as }) =>
          `{"kind":${kind("Pod")},metadata: {name: ${called("x")} },"image":${as(name + end)} ,tag: 1}\n`,
      ),
    fc
      .record({
        parts: halved(name),
        key: fc.constantFrom("repository", "image"),
        tag: fc.constantFrom("tag", "version", "digest"),
        a: block,
        b: block,
      })
      .map(({ parts, key, tag, a, b }) => `x:\n  registry: ${a(parts[0])}\n  ${key}: ${b(parts[1])}\n  ${tag}: 1\n`),
    fc
      .record({ parts: halved(name), a: write, b: write })
      .map(({ parts, a, b }) => `base: &base {registry: ${a(parts[0])} }\nx: {<<: *base, repository: ${b(parts[1])} ,tag: 1}\n`),
    fc
      .record({ key: fc.constantFrom("name: web, newName", "newName: '', name", "name"), name, as: write })
      .map(({ key, name, as }) => `images:\n- {${key}: ${as(name)} ,newTag: 1}\n- {${key}: ${as(name)} ,digest: }\n`),
    fc
      .record({ name, kind: block, as: block })
      .map(({ name, kind, as }) => `kind: ${kind("OCIRepository")}\nspec:\n  url: ${as(`oci://${name}`)}\n  ref: {tag: 1}\n`),
    fc
      .record({ name, end: suffix, as: write })
      .map(({ name, end, as }) => `other: &there ${as(name + end).replace("&own", "")}\nx: {image: *there}\n`),
    fc.record({ name }).map(({ name }) => `? &key '${name}'\n: 1\nx: {repository: *key, tag: 1}\n`),
    fc
      .record({ name, as: block, kind: write })
      .map(({ name, as, kind }) => `kind: ${kind("ImageRepository")}\nmetadata: {name: r, namespace: flux}\nspec:\n  image: ${as(name)}\n`),
    fc
      .record({ kind: block })
      .map(({ kind }) => `kind: ${kind("ImagePolicy")}\nmetadata: {name: p, namespace: flux}\nspec: {imageRepositoryRef: {name: r}}\n`),
    fc
      .record({ name, as: write, part: fc.constantFrom(":1", "") })
      .map(({ name, as, part }) => `x: ${as(name + part)} # {"$imagepolicy": "flux:p${part === "" ? ":name" : ""}"}\n`),
    fc.constant('x: 1 # {"$imagepolicy": "flux:p:tag"}\n'),
    fc.constant("kind: Deployment\nmetadata: {labels: {app: app}}\n"),
    fc.constantFrom("app: 1\napp: 2\n", "image: {{ .registry }}/app:v1\n", "labels:\n  kind: Pod\n  name: x\n app: 1\n"),
  );
}

/** An image's name, and files by path in which it is named, in all forms and styles. */
export const namingFiles = fc.constantFrom(...names).chain((name) =>
  fc.record({
    name: fc.constant(name),
    files: fc
      .array(fc.array(documentNaming(spelled(name)), { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 4 })
      .map((files) => Object.fromEntries(files.map((documents, index) => [`${index}.yaml`, documents.join("---\n")]))),
  }),
);
