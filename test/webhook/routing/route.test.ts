import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Event } from "../../../src/core/event.ts";
import { isTag, parseImage } from "../../../src/core/image/image.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig, type ListenerConfig } from "../../../webhook/config.ts";
import { eventKinds } from "../../../webhook/routing/event-kinds.ts";
import { matchesGlob, matchesGlobs } from "../../../webhook/routing/glob.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { openInput, routeEvents, type Routing } from "../../../webhook/routing/route.ts";

const read = (text: string): ListenerConfig => readConfig(text, { path: "fairlead.yaml", receivers, pipelines });

const config = read(`
version: 1
sources:
  github: { kind: github, secrets: env:GITHUB }
  hub: { kind: docker-hub, path: env:HUB }
routes:
  - name: main
    when: { source: github, kind: push, repository: [github.com/acme/app, github.com/acme/web], branch: [main, release/**] }
    run: ship
    with:
      repository: \${{ event.repository }}
      ref: \${{ event.commit }}
      image: ghcr.io/acme/app
      tags: ["\${{ event.branch }}"]
      buildArgs: { COMMIT: "\${{ event.commit }}", STATIC: "1" }
      fluxRepository: github.com/acme/flux
      credentials: { slack: env:SLACK }
      secrets: { npm: file:/run/npm }
      rebuild: true
      timeout: 5m
    cancelRunning: true
    timeout: 10m
    attempts: 2
  - name: hello
    when: { source: github, kind: push, repository: github.com/acme/app, branch: "**" }
    run: notify
    with:
      message: "\${{ event.branch }} of \${{ event.repository }} is at \${{ event.commit }}"
      fields: { Branch: "\${{ event.branch }}" }
      to: ["slack:C024BE91L"]
  - name: merged
    when: { source: github, kind: pull-request, repository: github.com/acme/app, base: main, action: merged }
    run: notify
    with: { message: "#\${{ event.number }} is \${{ event.mergeCommit }}", to: ["slack:C024BE91L"] }
    lane: merges
  - name: image
    when: { source: hub, kind: image, image: docker.io/acme/app, tag: ["*", "!latest"] }
    run: deploy
    with: { images: ["\${{ event.image }}:\${{ event.tag }}@\${{ event.digest }}"], fluxRepository: github.com/acme/flux }
`);

const push = (change: Partial<Extract<Event, { kind: "push" }>>): Event => ({ ...eventKinds.push.sample, ...change });
const image = (change: Partial<Extract<Event, { kind: "image" }>>): Event => ({
  ...{ ...eventKinds.image.sample, image: "docker.io/acme/app" },
  ...change,
});
const route = (source: string, ...events: readonly Event[]): Routing => routeEvents(config, source, events);
/** What each route said, a line each. */
const said = ({ verdicts }: Routing): readonly string[] =>
  verdicts.map((each) => `${each.event} ${each.route} ${each.outcome}${"why" in each ? `: ${each.why}` : ""}`);

describe("an event of a route", () => {
  test("an event makes a run with the values of the event and without secrets", () => {
    const { runs, verdicts } = route("github", push({ repository: "GitHub.com/ACME/app" }));
    expect({ run: { ...runs[0], configHash: "HASH" }, verdicts }).toMatchInlineSnapshot(`
      {
        "run": {
          "cancelRunning": true,
          "configHash": "HASH",
          "event": {
            "before": "0123456789abcdef0123456789abcdef01234567",
            "branch": "main",
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "kind": "push",
            "repository": "github.com/acme/app",
            "source": "example",
          },
          "input": {
            "buildArgs": [
              "COMMIT=0123456789abcdef0123456789abcdef01234567",
              "STATIC=1",
            ],
            "fluxRepository": "github.com/acme/flux",
            "image": "ghcr.io/acme/app",
            "rebuild": true,
            "ref": "0123456789abcdef0123456789abcdef01234567",
            "repository": "github.com/acme/app",
            "tags": [
              "main",
            ],
            "timeout": "5m",
          },
          "lane": "main github.com/acme/app main",
          "maxAttempts": 2,
          "pipeline": "ship",
          "policy": "newest",
          "route": "main",
          "timeoutMilliseconds": 600000,
        },
        "verdicts": [
          {
            "event": 0,
            "outcome": "run",
            "route": "main",
          },
          {
            "event": 0,
            "outcome": "run",
            "route": "hello",
          },
          {
            "event": 0,
            "outcome": "passed",
            "route": "merged",
            "why": "kind is push, not pull-request",
          },
        ],
      }
    `);
    expect(runs[0]?.configHash).toBe(config.hash);
    expect(JSON.stringify(runs)).not.toMatch(/env:|file:/);
  });

  test("a run gets the secrets of its route when it starts", () => {
    const [run] = route("github", push({})).runs;
    const [main] = config.routes;
    const open = (reference: string, name: string) => ({
      name,
      reveal: () => Promise.resolve(reference),
      toJSON: () => `${name}=${reference}`,
    });
    expect(JSON.parse(JSON.stringify(openInput(main!, run!.input as object as Record<string, unknown>, open)))).toEqual({
      ...(run!.input as object),
      credentials: { slack: "slack=env:SLACK" },
      secrets: { npm: "npm=file:/run/npm" },
    });
  });

  test("every route of a source tries an event, and says why it does not take it", () => {
    const pull = eventKinds["pull-request"].sample;
    const events = [
      push({ branch: "topic" }),
      push({ branch: "release/1.4" }),
      push({ repository: "github.com/acme/other" }),
      push({ repository: "github.com/acme/app/x" }),
      pull,
      { ...pull, action: "closed" } as const,
      { ...pull, base: "next" },
      eventKinds.tag.sample,
    ];
    expect(said(route("github", ...events))).toMatchInlineSnapshot(`
      [
        "0 main passed: branch is "topic", none of main, release/**",
        "0 hello run",
        "0 merged passed: kind is push, not pull-request",
        "1 main refused: ship: tags.0: "release/1.4" is not a tag",
        "1 hello run",
        "1 merged passed: kind is push, not pull-request",
        "2 main passed: repository is "github.com/acme/other", none of github.com/acme/app, github.com/acme/web",
        "2 hello passed: repository is "github.com/acme/other", not github.com/acme/app",
        "2 merged passed: kind is push, not pull-request",
        "3 main passed: repository is "github.com/acme/app/x", none of github.com/acme/app, github.com/acme/web",
        "3 hello passed: repository is "github.com/acme/app/x", not github.com/acme/app",
        "3 merged passed: kind is push, not pull-request",
        "4 main passed: kind is pull-request, not push",
        "4 hello passed: kind is pull-request, not push",
        "4 merged run",
        "5 main passed: kind is pull-request, not push",
        "5 hello passed: kind is pull-request, not push",
        "5 merged passed: action is "closed", not merged",
        "6 main passed: kind is pull-request, not push",
        "6 hello passed: kind is pull-request, not push",
        "6 merged passed: base is "next", not main",
        "7 main passed: kind is tag, not push",
        "7 hello passed: kind is tag, not push",
        "7 merged passed: kind is tag, not pull-request",
      ]
    `);
    expect(route("nobody", ...events)).toEqual({ runs: [], verdicts: [] });
  });

  test("a pull request from a fork runs nothing, whatever its action", () => {
    for (const action of ["opened", "updated", "merged", "closed"] as const) {
      const { runs, verdicts } = route("github", { ...eventKinds["pull-request"].sample, action, fork: true });
      expect(runs).toEqual([]);
      expect(verdicts[2]).toEqual({ event: 0, route: "merged", outcome: "passed", why: "the pull request comes from a fork" });
    }
  });

  test("an event that lacks a value, or has one that its field cannot hold, runs nothing and says why", () => {
    const digest = `sha256:${"a".repeat(64)}` as const;
    const events = [
      image({ tag: "1.2.3" }),
      image({ digest: null }),
      image({ tag: null }),
      image({ tag: "latest" }),
      image({ tag: `1@${digest}` }),
      image({ tag: "1:2" }),
      image({ digest: "1.2.3" as typeof digest }),
      image({ image: "docker.io/acme/other" }),
    ];
    const { runs, verdicts } = route("hub", ...events);
    expect(runs.map(({ input }) => input)).toEqual([
      { images: [`docker.io/acme/app:1.2.3@${eventKinds.image.sample.digest}`], fluxRepository: "github.com/acme/flux" },
    ]);
    expect(said({ runs, verdicts })).toMatchInlineSnapshot(`
      [
        "0 image run",
        "1 image refused: the event has no digest",
        "2 image passed: tag is null, none of *, !latest",
        "3 image passed: tag is "latest", none of *, !latest",
        "4 image refused: images: "1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" is no tag, nor part of one",
        "5 image refused: images: "1:2" is no tag, nor part of one",
        "6 image refused: deploy: images.0: read image reference "docker.io/acme/app:1.2.3@1.2.3": a digest is sha256: and 64 lower-case hex digits",
        "7 image passed: image is "docker.io/acme/other", not docker.io/acme/app",
      ]
    `);
  });

  test("an optional text that is a null of the event is left out, and one within a text or through a filter makes no run", () => {
    const withKey = (key: string): Routing => {
      const text = `
version: 1
sources: { hub: { kind: docker-hub, path: env:HUB } }
routes:
  - name: told
    when: { source: hub, kind: image, image: docker.io/acme/app }
    run: notify
    with: { message: "\${{ event.tag }} is out", key: "${key}", to: ["slack:C024BE91L"] }
`;
      return routeEvents(read(text), "hub", [image({ digest: null })]);
    };
    const whole = withKey("${{ event.digest }}");
    expect(whole.runs.map(({ input }) => input)).toEqual([{ message: `${eventKinds.image.sample.tag} is out`, to: ["slack:C024BE91L"] }]);
    expect([withKey("of ${{ event.digest }}"), withKey("${{ event.digest | slug }}")].flatMap(said)).toEqual([
      "0 told refused: the event has no digest",
      "0 told refused: the event has no digest",
    ]);
  });
});

/** Names that a stranger may give to a branch or tag, and that Git or a registry would not all refuse. */
const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."${} .event/:@-=\n\"'\\*!#&|>%`\0\ud800é") }),
  fc.constantFrom(
    ...[
      "--upload-pack=touch x",
      "-c",
      "$(id)",
      "`id`",
      "a\nrun: notify",
      '"}',
      "../../etc/passwd",
      "env:SLACK",
      "cmd:id",
      "file:/etc/passwd",
    ],
    ...["${{ event.commit }}", "${{event.branch}}", "${{", "}}", "{title}", "__proto__", "constructor", "5000/evil/app", ":5000/evil:1"],
    ...[`1@sha256:${"a".repeat(64)}`, "x".repeat(100_000), "a/b".repeat(300), "<!channel>", "%2e%2e", "ﬁ", "main", "1.2.3"],
  ),
);

describe("what a stranger has named", () => {
  const anything = read(`
version: 1
sources: { github: { kind: github, secrets: env:GITHUB } }
routes:
  - name: build
    when: { source: github, kind: push, repository: github.com/acme/app, branch: "**" }
    run: build
    with:
      repository: \${{ event.repository }}
      ref: \${{ event.branch }}
      image: ghcr.io/acme/app:\${{ event.branch }}
      buildArgs: { BRANCH: "\${{ event.branch }}=\${{ event.branch }}" }
      secrets: { npm: file:/run/npm }
  - name: tell
    when: { source: github, kind: push, repository: github.com/acme/app, branch: "**" }
    run: notify
    with: { message: "pushed \${{ event.branch }}", fields: { Branch: "\${{ event.branch }}" }, to: ["slack:C024BE91L"] }
`);

  test("a hostile branch name stands where the route puts it, and changes nothing else", () => {
    fc.assert(
      fc.property(hostile, (branch) => {
        const { runs, verdicts } = routeEvents(anything, "github", [push({ branch })]);
        const taken = [isTag(branch), isLine(branch)];
        expect(verdicts.map(({ outcome }) => outcome)).toEqual(taken.map((each) => (each ? "run" : "refused")));
        for (const { route: name, pipeline, input, lane } of runs) {
          expect(lane).toBe(`${name} github.com/acme/app ${branch}`);
          expect(input).toEqual(
            pipeline === "build"
              ? {
                  repository: "github.com/acme/app",
                  ref: branch,
                  image: `ghcr.io/acme/app:${branch}`,
                  buildArgs: [`BRANCH=${branch}=${branch}`],
                }
              : { message: `pushed ${branch}`, fields: [`Branch=${branch}`], to: ["slack:C024BE91L"] },
          );
        }
        const named = runs.flatMap(({ input }) =>
          (input as { image?: string }).image === undefined ? [] : [parseImage((input as { image: string }).image)],
        );
        expect(named).toEqual(named.map(() => ({ registry: "ghcr.io", repository: "acme/app", tag: branch })));
      }),
      { numRuns: 2000 },
    );
  });

  test("a hostile name never reaches another repository or image than the route's", () => {
    fc.assert(
      fc.property(hostile, (name) => {
        fc.pre(name.toLowerCase() !== "github.com/acme/app");
        expect(routeEvents(anything, "github", [push({ repository: name })]).runs).toEqual([]);
        expect(route("hub", image({ image: name })).runs).toEqual([]);
      }),
    );
  });

  /** What is stored as the key of a lane: a line of text of some length. */
  function isLine(branch: string): boolean {
    return branch.length <= 1000 - "tell github.com/acme/app ".length && branch.isWellFormed() && !/[\x00-\x1f\x7f]/.test(branch);
  }
});

describe("patterns", () => {
  test("a glob matches a whole name: * is anything but a slash, ** is anything", () => {
    const taken = (patterns: readonly string[], names: readonly string[]): readonly string[] =>
      names.filter((name) => matchesGlobs(patterns, name));
    const names = ["main", "main2", "domain", "release", "release/1", "release/1/a", "release/", "v1.2", "v1.2-rc1", "", "/"];
    expect(
      [
        ["main"],
        ["*"],
        ["**"],
        ["release/*"],
        ["release/**"],
        ["release**"],
        ["*main*"],
        ["**/1/**"],
        ["v*", "!v*-rc*"],
        ["!main", "**"],
      ].map((patterns) => `${patterns.join(" ")}: ${taken(patterns, names).join(" | ")}`),
    ).toMatchInlineSnapshot(`
      [
        "main: main",
        "*: main | main2 | domain | release | v1.2 | v1.2-rc1 | ",
        "**: main | main2 | domain | release | release/1 | release/1/a | release/ | v1.2 | v1.2-rc1 |  | /",
        "release/*: release/1 | release/",
        "release/**: release/1 | release/1/a | release/",
        "release**: release | release/1 | release/1/a | release/",
        "*main*: main | main2 | domain",
        "**/1/**: release/1/a",
        "v* !v*-rc*: v1.2",
        "!main **: main2 | domain | release | release/1 | release/1/a | release/ | v1.2 | v1.2-rc1 |  | /",
      ]
    `);
  });

  test("a glob matches what its regular expression matches, in time bounded by pattern × name", () => {
    const sign = fc.constantFrom("*", "**", "a", "b", "/", ".", "+");
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 8 }), fc.string({ unit: fc.constantFrom("a", "b", "/", ".", "+", "\n") }), (signs, name) => {
        const pattern = signs.join("");
        const expression = pattern.replace(/\*\*|\*|[.+]/g, (each) => (each === "**" ? "[^]*" : each === "*" ? "[^/]*" : `\\${each}`));
        expect(matchesGlob(pattern, name)).toBe(new RegExp(`^${expression}$`).test(name));
      }),
      { numRuns: 2000 },
    );
    expect(matchesGlob("*a".repeat(30), "a".repeat(20_000) + "b")).toBe(false);
  });
});
