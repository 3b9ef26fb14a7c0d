import fc from "fast-check";
import { expect, test } from "vitest";
import { FairleadError } from "../../../src/core/errors.ts";
import { formatImage, parseImage, unknownDigest, type ImageRef } from "../../../src/core/image/image.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

test.each<[string, ImageRef]>([
  ["nginx", { registry: "docker.io", repository: "library/nginx" }],
  ["library/nginx:1.27", { registry: "docker.io", repository: "library/nginx", tag: "1.27" }],
  ["docker.io/nginx", { registry: "docker.io", repository: "library/nginx" }],
  ["index.docker.io/acme/app", { registry: "docker.io", repository: "acme/app" }],
  ["acme/app", { registry: "docker.io", repository: "acme/app" }],
  ["ghcr.io/acme/app:1.4.3", { registry: "ghcr.io", repository: "acme/app", tag: "1.4.3" }],
  ["GHCR.io/acme/app", { registry: "ghcr.io", repository: "acme/app" }],
  ["127.0.0.1:5000/app", { registry: "127.0.0.1:5000", repository: "app" }],
  ["registry:5000", { registry: "docker.io", repository: "library/registry", tag: "5000" }],
  ["docker.io/library/some.name", { registry: "docker.io", repository: "library/some.name" }],
  ["localhost/app:x", { registry: "localhost", repository: "app", tag: "x" }],
  ["localhost:5000/team/app:x", { registry: "localhost:5000", repository: "team/app", tag: "x" }],
  ["[::1]:5000/app", { registry: "[::1]:5000", repository: "app" }],
  [`ghcr.io/acme/app@${digest}`, { registry: "ghcr.io", repository: "acme/app", digest: digest as ImageRef["digest"] & string }],
  [
    `ghcr.io/acme/app:1@${digest}`,
    { registry: "ghcr.io", repository: "acme/app", tag: "1", digest: digest as ImageRef["digest"] & string },
  ],
  ["ghcr.io/a__b/c-_d".replace("-_", "--"), { registry: "ghcr.io", repository: "a__b/c--d" }],
  [`ghcr.io/acme/app:${"x".repeat(128)}`, { registry: "ghcr.io", repository: "acme/app", tag: "x".repeat(128) }],
])("the image reference %s is parsed", (text, image) => {
  expect(parseImage(text)).toEqual(image);
});

test.each([
  ["", "the repository is missing"],
  ["ghcr.io/", "the repository is missing"],
  ["ghcr.io", "that is a host"],
  ["ghcr.io:latest", "that is a host"],
  [`ghcr.io@${digest}`, "that is a host"],
  ["docker.io", "that is a host"],
  ["LOCALHOST:5000", "that is a host"],
  ["127.0.0.1:44015", "that is a host"],
  ["[::1]:5000", "that is a host"],
  ["ghcr.io/Acme/app", 'repository "Acme/app" has capital letters'],
  ["ghcr.io/acme//app", '"" is not a part'],
  ["ghcr.io/acme/-app", '"-app" is not a part'],
  ["ghcr.io/a___b", '"a___b" is not a part'],
  ["ghcr.io/acme/app:", "a tag is"],
  ["ghcr.io/acme/app:.1", "a tag is"],
  [`ghcr.io/acme/app:${"x".repeat(129)}`, "a tag is"],
  ["ghcr.io/acme/app:1:2", "a tag is"],
  ["ghcr.io/acme/app@sha256:abc", "a digest is"],
  [`ghcr.io/acme/app@${digest.toUpperCase()}`, "a digest is"],
  [`ghcr.io/acme/app@sha512:${"0".repeat(128)}`, "a digest is"],
  [`ghcr.io/acme/app@${unknownDigest}`, "a digest is"],
  ["ghcr.io:99999/acme/app", "has no port"],
  ["ghcr.io:/acme/app", "has no port"],
  ["-ghcr.io/acme/app", "is not a host"],
  ["ghcr..io/acme/app", "is not a host"],
  ["https://ghcr.io/acme/app", "an image has no https://"],
  [`ghcr.io/${"a".repeat(250)}`, "longer than 255"],
  ["ghcr.io/acme/app ", "is not a part"],
])("the image reference %s is refused", (text, why) => {
  const error = refusal(() => parseImage(text));
  expect(error.code).toBe("input");
  expect(error.message).toContain(why);
  expect(error.message).toContain(`"${text}"`);
});

const part = fc.stringMatching(/^[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}$/);
const host = fc.oneof(
  fc.stringMatching(/^[a-z0-9]{1,8}\.[a-z]{2,3}(:[0-9]{1,4})?$/),
  fc.constantFrom("docker.io", "localhost", "localhost:5000", "127.0.0.1:1", "[::1]", "[fe80::1]:65535"),
);
const reference = fc
  .record(
    {
      registry: host,
      repository: fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join("/")),
      tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/),
      digest: fc.stringMatching(/^sha256:[0-9a-f]{64}$/) as fc.Arbitrary<`sha256:${string}`>,
    },
    { requiredKeys: ["registry", "repository"] },
  )
  .map((image): ImageRef => image);

test("a formatted reference parses to the same reference", () => {
  fc.assert(
    fc.property(reference, (image) => {
      expect(parseImage(formatImage(image))).toEqual(image);
    }),
  );
});

test("any text parses to a reference that formats to it, or is an input error", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9./:@_-]{1,40}$/), reference.map(formatImage));
  fc.assert(
    fc.property(text, (given) => {
      try {
        const image = parseImage(given);
        expect(parseImage(formatImage(image))).toEqual(image);
      } catch (error) {
        if (!(error instanceof FairleadError)) throw error;
        expect(error.code).toBe("input");
      }
    }),
    { numRuns: 2_000 },
  );
});

function refusal(call: () => unknown): FairleadError {
  try {
    call();
  } catch (error) {
    if (error instanceof FairleadError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
