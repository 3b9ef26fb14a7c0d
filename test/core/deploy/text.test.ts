import { expect, test } from "vitest";
import type { ImageBump } from "../../../src/core/deploy/image-bump.ts";
import { commitMessage, deployBody, deployTitle, type DeployFacts } from "../../../src/core/deploy/text.ts";
import { parseRepository } from "../../../src/core/git/repository.ts";
import { parseImage } from "../../../src/core/image/image.ts";

const bump = (name: string, places: number): ImageBump => ({
  image: parseImage(`ghcr.io/acme/${name}:2.0.0`),
  digest: `sha256:${"d".repeat(64)}`,
  source: { repository: parseRepository("https://github.com/acme/mono"), commit: "c".repeat(40) },
  since: "b".repeat(40),
  compare: `https://github.com/acme/mono/compare/${name}`,
  changes: Array.from({ length: places }, (_, at) => ({
    ...{
      file: `clusters/production/apps/${name}/deployment-${at}.yaml`,
      document: 0,
      path: "spec.template.spec.containers[0].image",
      line: 8,
    },
    from: `ghcr.io/acme/${name}:1.0.0`,
    to: `ghcr.io/acme/${name}:2.0.0`,
    subjects: [`ghcr.io/acme/${name}`],
  })),
});
const facts = (...bumps: readonly ImageBump[]): DeployFacts => ({ bumps, previous: 7, run: "RUN" });

test("the text of a deployment of two images has a section and trailers for each", () => {
  const two = facts(bump("api", 1), { ...bump("web", 0), digest: undefined, source: undefined, compare: undefined });
  expect(deployTitle(two, undefined)).toBe("deploy acme/api 2.0.0 and acme/web 2.0.0");
  expect(deployBody(two, undefined)).toMatchInlineSnapshot(`
    "Deploys 2 images.

    - the same change was asked for before: #7
    - run: \`RUN\`

    ### \`ghcr.io/acme/api:2.0.0\`

    | where | what | from | to |
    |---|---|---|---|
    | \`clusters/production/apps/api/deployment-0.yaml:8\` | \`spec.template.spec.containers[0].image\` | \`ghcr.io/acme/api:1.0.0\` | \`ghcr.io/acme/api:2.0.0\` |

    - commit: https://github.com/acme/mono at \`cccccccccccccccccccccccccccccccccccccccc\`
    - what is new: https://github.com/acme/mono/compare/api

    ### \`ghcr.io/acme/web:2.0.0\`

    The base branch deploys it already."
  `);
  expect(commitMessage(two, undefined)).toMatchInlineSnapshot(`
    "deploy acme/api 2.0.0 and acme/web 2.0.0

    clusters/production/apps/api/deployment-0.yaml:8: ghcr.io/acme/api:1.0.0 → ghcr.io/acme/api:2.0.0

    Image: ghcr.io/acme/api:2.0.0
    Image-Digest: sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd
    Source: https://github.com/acme/mono
    Source-Commit: cccccccccccccccccccccccccccccccccccccccc
    Image: ghcr.io/acme/web:2.0.0
    Run: RUN
    "
  `);
});

test("a title names the first of many images, and is never longer than GitHub's limit", () => {
  expect(deployTitle(facts(bump("a", 0), bump("b", 0), bump("c", 0)), undefined)).toBe("deploy acme/a 2.0.0 and 2 more images");
  const many = facts(...Array.from({ length: 50 }, (_, at) => bump(`service-${at}`, 0)));
  const long = deployTitle(many, "${{ repository }}");
  expect([long.length, long.at(-1)]).toEqual([256, "…"]);
});

test("a template lists the differences between the images once, and the rest for each", () => {
  const template = ["image", "repository", "tag", "source", "commit", "compare", "previous"].map((name) => `\${{ ${name} }}`).join("|");
  expect(deployBody(facts(bump("api", 0), bump("web", 0)), template)).toBe(
    [
      "ghcr.io/acme/api:2.0.0, ghcr.io/acme/web:2.0.0",
      "acme/api, acme/web",
      "2.0.0",
      "https://github.com/acme/mono",
      "c".repeat(40),
      "https://github.com/acme/mono/compare/api, https://github.com/acme/mono/compare/web",
      "#7",
    ].join("|"),
  );
});

test.each([
  [1, 1_000, "| and 980 more | | | |"],
  [50, 30, "| and 25 more | | | |"],
])("the body of %d images with %d places each fits GitHub's limit, and says what is left out", (images, places, left) => {
  const body = deployBody(facts(...Array.from({ length: images }, (_, at) => bump(`service-${at}`, places))), undefined);
  expect(body.length).toBeLessThan(60_000);
  expect(body.split(left)).toHaveLength(images + 1);
});

test("a title template that comes out empty is not used", () => {
  const bare = facts({ ...bump("web", 1), digest: undefined, source: undefined, compare: undefined });
  expect(deployTitle(bare, "${{ digest }}")).toBe("deploy acme/web 2.0.0");
});

test("a body is cut to what GitHub takes, whatever a template makes of it", () => {
  const body = deployBody(facts(bump("web", 1)), "x".repeat(70_000));
  expect(body.length).toBeLessThanOrEqual(65_536);
  expect(body.endsWith("…")).toBe(true);
});
