import { expect, test } from "vitest";
import { deployFacts } from "../../../src/core/deploy/facts.ts";
import { parseRepository } from "../../../src/core/git/repository.ts";

const digest = `sha256:${"d".repeat(64)}`;
const other = `sha256:${"e".repeat(64)}`;

/** Returns the image that a deployment of `ghcr.io/acme/app:2.0` replaces, by what its changes say was there before. */
function replaced(...before: readonly string[]): string | undefined {
  const changes = before.map((from, line) => ({ file: "app.yaml", document: 0, path: "image", line, from, to: "2.0" }));
  const images = [{ image: "ghcr.io/acme/app:2.0", digest, source: null, changes }];
  const deployed = { images, commit: null, pullRequest: null, waited: null };
  return deployFacts(deployed, { fluxRepository: parseRepository("https://github.com/acme/fleet"), direct: false }).images[0]?.from;
}

test("the image that a deployment replaces has its tag and its digest, as far as the manifests name one of each", () => {
  expect(replaced("ghcr.io/acme/app:1.0")).toBe("ghcr.io/acme/app:1.0");
  expect(replaced(`ghcr.io/acme/app:1.0@${digest}`)).toBe(`ghcr.io/acme/app:1.0@${digest}`);
  expect(replaced("1.0", digest)).toBe(`ghcr.io/acme/app:1.0@${digest}`);
  expect(replaced(`ghcr.io/acme/app@${digest}`)).toBe(`ghcr.io/acme/app@${digest}`);
  expect(replaced("1.0", "1.1", digest)).toBe(`ghcr.io/acme/app@${digest}`);
  expect(replaced(`ghcr.io/acme/app:1.0@${digest}`, `ghcr.io/acme/app:1.0@${other}`)).toBeUndefined();
  expect(replaced("1.0", "1.1")).toBeUndefined();
  expect(replaced("ghcr.io/other/app:1.0")).toBeUndefined();
});
