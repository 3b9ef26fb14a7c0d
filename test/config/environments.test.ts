import { describe, expect, test } from "vitest";
import { z } from "zod";
import { commonFields, readConfigText, type CommonConfig } from "../../src/config.ts";
import { environmentFields, environmentOf } from "../../src/config/environments.ts";
import { FairleadError } from "../../src/core/errors.ts";
import { parseRepository } from "../../src/core/git/repository.ts";

const read = (environments: string): CommonConfig["environments"] =>
  readConfigText(`version: 1\nenvironments:\n${environments}`, { path: "fairlead.yaml", schema: z.strictObject(commonFields) }).config
    .environments;

/** The problems of environments, a line each. */
function problems(environments: string): readonly string[] {
  try {
    read(environments);
    return [];
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    return error.fields.map(({ message }) => message);
  }
}

const two = `
  staging: { fluxRepository: github.com/acme/fleet, fluxPath: apps/staging, url: "https://\${{ repository.name | slug }}.stg.acme.dev/\${{ repository.owner }}" }
  production: { fluxRepository: github.com/acme/fleet, fluxBranch: live, after: [staging] }
`;

test("an environment sets the Flux repository, its branch and its folder", () => {
  expect([environmentFields(read(two), "staging"), environmentFields(read(two), "production")]).toEqual([
    { fluxRepository: "github.com/acme/fleet", fluxPath: "apps/staging" },
    { fluxRepository: "github.com/acme/fleet", fluxBranch: "live" },
  ]);
});

test("an environment that is not there is an error that names a near one", () => {
  expect(() => environmentFields(read(two), "prodution")).toThrow(
    expect.objectContaining({ code: "input", message: 'there is no environment "prodution"; did you mean "production"?' }),
  );
});

describe("the URL of an environment", () => {
  const urlOf = (template: string, repository: string): string | undefined =>
    environmentOf(read(`  a-b: { url: "${template}" }`), { environment: "a-b" }, parseRepository(repository))?.url;

  test.each([
    ["https://${{ repository.name }}.dev", "github.com/acme/app", "https://app.dev"],
    ["https://${{ repository.name | slug }}.dev/${{environment.name}}", "github.com/acme/My_App.web", "https://my-app-web.dev/a-b"],
    ["https://a.dev/${{ repository.owner }}/x", "gitlab.com/acme/team/app", "https://a.dev/acme/team/x"],
    ["https://a.dev/?app=${{ repository.name }}", "github.com/acme/a&b=c", "https://a.dev/?app=a%26b%3Dc"],
    ["https://${{ repository.name }}.dev", "github.com/acme/a@b", undefined],
    ["https://a.dev", "github.com/acme/app", "https://a.dev"],
  ])("%s of %s is %s", (template, repository, url) => {
    expect(urlOf(template, repository)).toBe(url);
  });

  test("a run without an environment has none, and an environment may have no URL", () => {
    const repository = parseRepository("github.com/acme/app");
    expect([environmentOf(read(two), {}, repository), environmentOf(read(two), { environment: "production" }, repository)]).toEqual([
      undefined,
      { name: "production", url: undefined },
    ]);
  });
});

test("all that is wrong with environments is told at the start, with its place", () => {
  expect(
    problems(`
  staging: { fluxRepository: fleet, url: "https://\${{ repository.nam }}.dev" }
  a: { url: "https://\${{ repository.name | upper }}.dev", fluxPth: x }
  b: { url: "ftp://\${{ event.branch }}" }
  c: { url: "\${{ repository.name }}" }
  d: { url: "https://user:secret@a.dev", after: [stagin] }
  e: { after: [f], fluxPath: apps }
  f: { after: [g], fluxPath: apps }
  g: { after: [e, staging], fluxPath: apps }
  h: { approve: { github: [release-team] } }
  "x y": {}
`),
  ).toMatchInlineSnapshot(`
    [
      "fairlead.yaml:4:30 environments.staging.fluxRepository: read Git repository "fleet": it is no URL",
      "fairlead.yaml:4:42 environments.staging.url: there is no \${{ repository.nam }}: did you mean \${{ repository.name }}?",
      "fairlead.yaml:5:13 environments.a.url: there is no filter "upper": name one of lower, short, slug, tag",
      "fairlead.yaml:5:59 environments.a.fluxPth: there is no such field; did you mean "fluxPath"?",
      "fairlead.yaml:6:13 environments.b.url: there is no \${{ event.branch }}: use \${{ repository.name }}, \${{ repository.owner }}, \${{ environment.name }}",
      "fairlead.yaml:7:13 environments.c.url: expected a URL such as https://\${{ repository.name }}.stg.acme.dev",
      "fairlead.yaml:8:13 environments.d.url: expected a URL such as https://\${{ repository.name }}.stg.acme.dev",
      "fairlead.yaml:8:50 environments.d.after[0]: there is no environment "stagin"; did you mean "staging"?",
      "fairlead.yaml:9:15 environments.e.after: it comes after itself",
      "fairlead.yaml:10:15 environments.f.after: it comes after itself",
      "fairlead.yaml:11:15 environments.g.after: it comes after itself",
      "fairlead.yaml:12:28 environments.h.approve.github[0]: expected a team with its organization, such as acme/release-team",
      "fairlead.yaml:13:3 environments["x y"]: expected a name of letters, digits, dots and hyphens, such as production",
    ]
  `);
});

test("environments that come after each other in a circle, or after one that is not there, are refused", () => {
  expect(
    problems(`
  a: { after: [b], fluxPath: apps }
  b: { after: c, fluxPath: apps }
  c: { after: [a, d], fluxPath: apps }
  d: { after: [e], fluxPath: apps }
  f: { after: f, fluxPath: apps }
`),
  ).toMatchInlineSnapshot(`
    [
      "fairlead.yaml:4:15 environments.a.after: it comes after itself",
      "fairlead.yaml:5:15 environments.b.after: it comes after itself",
      "fairlead.yaml:6:15 environments.c.after: it comes after itself",
      "fairlead.yaml:7:16 environments.d.after[0]: there is no environment "e"; did you mean "a"?",
      "fairlead.yaml:8:15 environments.f.after: it comes after itself",
    ]
  `);
});
