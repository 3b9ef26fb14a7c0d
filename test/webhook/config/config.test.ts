import { globSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { listenerSections } from "../../../src/cmd/config-file.ts";
import { commonFields } from "../../../src/config.ts";
import { FairleadError } from "../../../src/core/errors.ts";
import { placeholders } from "../../../src/core/deploy/text.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { configJsonSchema } from "../../../webhook/config/json-schema.ts";
import { configSchema, readConfig, type ListenerConfig } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";

const kinds = { receivers, pipelines };
const read = (text: string): ListenerConfig => readConfig(text, { path: "fairlead.yaml", ...kinds });

/** The problems of a text, a line each. */
function problems(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof FairleadError) || error.code !== "input") throw error;
    return error.fields.map(({ message }) => message).join("\n");
  }
  throw new Error("it was taken");
}

/** A configuration with one source and these routes. */
const withRoutes = (...routes: readonly string[]): string => `version: 1
sources: { github: { kind: github, secrets: file:/etc/fairlead/github.key }, hub: { kind: docker-hub, path: env:HUB }, ci: { kind: generic-hmac, secrets: env:CI } }
routes:
${routes.map((route) => `  - ${route}`).join("\n")}
`;
const onPush = "when: { source: github, kind: push, repository: github.com/acme/app, branch: main }";
const onImage = "when: { source: hub, kind: image, image: [ghcr.io/acme/app, ghcr.io/acme/web] }";

describe("sources", () => {
  test("a source without a proof, or with unknown options, is an error with its line and column", () => {
    const text = `version: 1
sources:
  a: { kind: github }
  b: { kind: docker-hub }
  c: { kind: docker-hub, secrets: env:C, path: env:C }
  d: { kind: githb, secrets: env:D }
  e: { kind: github, secrets: ghp_secret }
  f: { kind: nexus, secrets: env:F, options: { registryhost: nexus.example.com } }
  g: { kind: github, secrets: [], path: env:G }
  h: { secrets: env:H }
  "I J": { kind: github, secrets: env:I }
  k: { kind: github, secrets: [env:K, file:k, ""] }
  l: { kind: ecr, options: { topicArns: ["arn:aws:sns:eu-west-1:123456789012:images"] } }
`;
    expect(problems(text)).not.toContain("ghp_secret");
    expect(problems(text)).toMatchInlineSnapshot(`
      "fairlead.yaml:3:6 sources.a: it has no secrets: no request could be proven
      fairlead.yaml:4:6 sources.b: it has no path: name where the key of its address is
      fairlead.yaml:5:35 sources.c.secrets: requests of this kind prove nothing by a secret: name the key of its path
      fairlead.yaml:6:14 sources.d.kind: there is no such value; did you mean "github"?
      fairlead.yaml:7:31 sources.e.secrets: expected where the secret is: env:NAME, file:PATH or cmd:COMMAND
      fairlead.yaml:8:48 sources.f.options.registryhost: there is no such field; did you mean "registryHost"?
      fairlead.yaml:9:31 sources.g.secrets: the list is empty
      fairlead.yaml:10:6 sources.h.kind: it is missing
      fairlead.yaml:11:3 sources["I J"]: expected a name of lower-case letters, digits and hyphens
      fairlead.yaml:12:47 sources.k.secrets[2]: expected where the secret is: env:NAME, file:PATH or cmd:COMMAND
      fairlead.yaml:13:6 sources.l: it has no path: name where the key of its address is"
    `);
  });

  test("events of a source are read again when only its address proves them", () => {
    const config = read(`version: 1
sources:
  github: { kind: github, secrets: [file:/etc/fairlead/new.key, file:/etc/fairlead/old.key] }
  hub: { kind: docker-hub, path: env:HUB }
  flux: { kind: flux, secrets: env:FLUX }
  open-flux: { kind: flux, path: env:OPEN_FLUX }
  nexus: { kind: nexus, secrets: env:NEXUS, options: { registryHost: nexus.example.com } }
`);
    expect(config.sources.map(({ receiver, ...rest }) => ({ ...rest, kind: receiver.name }))).toMatchInlineSnapshot(`
      [
        {
          "asked": Set {},
          "kind": "flux",
          "name": "flux",
          "options": {},
          "path": [],
          "readAgain": false,
          "redelivery": "ignore",
          "secrets": [
            "env:FLUX",
          ],
        },
        {
          "asked": Set {},
          "kind": "github",
          "name": "github",
          "options": {},
          "path": [],
          "readAgain": false,
          "redelivery": "ignore",
          "secrets": [
            "file:/etc/fairlead/new.key",
            "file:/etc/fairlead/old.key",
          ],
        },
        {
          "asked": Set {},
          "kind": "docker-hub",
          "name": "hub",
          "options": {},
          "path": [
            "env:HUB",
          ],
          "readAgain": true,
          "redelivery": "ignore",
          "secrets": [],
        },
        {
          "asked": Set {},
          "kind": "nexus",
          "name": "nexus",
          "options": {
            "registryHost": "nexus.example.com",
          },
          "path": [],
          "readAgain": false,
          "redelivery": "ignore",
          "secrets": [
            "env:NEXUS",
          ],
        },
        {
          "asked": Set {},
          "kind": "flux",
          "name": "open-flux",
          "options": {},
          "path": [
            "env:OPEN_FLUX",
          ],
          "readAgain": true,
          "redelivery": "ignore",
          "secrets": [],
        },
      ]
    `);
  });
});

describe("routes", () => {
  test("all problems of all routes are told at once, with line and column", () => {
    const text = `version: 1
sources: { github: { kind: github, secrets: env:A }, gitlab: { kind: gitlab, secrets: env:B } }
routes:
  - name: a
    when: { source: githb, kind: push, repository: github.com/acme/*, brnch: main }
    run: ship
    with:
      repository: \${{ event.repository }}
      ref: \${{ event.comit }}
      image: ghcr.io/acme/app
      fluxRepository: https://github.com/acme/\${{ event.branch }}
  - name: a
    when: { source: github, kind: push, repository: github.com/acme/app, branch: [main, 3] }
    run: shp
    with: { image: x }
  - name: c
    when: { source: github, kind: psh }
    run: build
    with: { imge: x, platforms: linux/amd64, buildArgs: [A=b], rebuild: "yes" }
    timeout: 5 minutes
    attempts: 0
  - name: d
    when: { source: github, kind: tag, repository: github.com/acme/app, tag: "!v1" }
    run: build
    with: { image: "ghcr.io/A/b", repository: "file:///x", platforms: [linux], buildArgs: { A=B: c } }
    cancelRunning: true
    lane: x \${{ event.commit
  - when: { source: gitlab, kind: image, image: nginx }
    run: notify
  - 7
`;
    expect(problems(text)).toMatchInlineSnapshot(`
      "fairlead.yaml:5:11 routes[0].when.branch: it is missing
      fairlead.yaml:5:21 routes[0].when.source: there is no source "githb"; did you mean "github"?
      fairlead.yaml:5:52 routes[0].when.repository: it means the repositories in which an App is installed, and there is no App of github.com or github.com/acme: name its app and key in credentials
      fairlead.yaml:5:71 routes[0].when.brnch: there is no such field; did you mean "branch"?
      fairlead.yaml:9:12 routes[0].with.ref: an event of kind push has no field "comit"; did you mean "commit"?
      fairlead.yaml:11:23 routes[0].with.fluxRepository: a repository is written out, or is \${{ event.repository }} and nothing else
      fairlead.yaml:12:11 routes[1].name: another route has this name
      fairlead.yaml:13:89 routes[1].when.branch[1]: expected string
      fairlead.yaml:14:10 routes[1].run: there is no such value; did you mean "ship"?
      fairlead.yaml:17:35 routes[2].when.kind: there is no such value; did you mean "push"?
      fairlead.yaml:19:11 routes[2].with.image: it is missing
      fairlead.yaml:19:13 routes[2].with.imge: there is no such field; did you mean "image"?
      fairlead.yaml:19:33 routes[2].with.platforms: expected list
      fairlead.yaml:19:57 routes[2].with.buildArgs: expected mapping
      fairlead.yaml:19:73 routes[2].with.rebuild: expected true or false
      fairlead.yaml:20:14 routes[2].timeout: expected a time such as 90s, 30m, 2h or 7d
      fairlead.yaml:21:15 routes[2].attempts: expected 1 to 20
      fairlead.yaml:23:78 routes[3].when.tag: expected a pattern besides those that begin with !
      fairlead.yaml:25:20 routes[3].with.image: read image reference "ghcr.io/A/b": repository "A/b" has capital letters; write REGISTRY/REPOSITORY:TAG in lower case, such as ghcr.io/acme/app:1.4.3
      fairlead.yaml:25:47 routes[3].with.repository: read Git repository "file:///x": file is not supported; give an https or ssh URL, or a folder with --source
      fairlead.yaml:25:72 routes[3].with.platforms[0]: "linux" is not a platform such as linux/arm64; write OS/ARCHITECTURE, such as linux/amd64 or linux/arm64
      fairlead.yaml:25:93 routes[3].with.buildArgs["A=B"]: expected a name without = and \${{ }}
      fairlead.yaml:26:20 routes[3].cancelRunning: a lane with policy every stops nothing
      fairlead.yaml:27:11 routes[3].lane: expected \${{ event.FIELD }}, and nothing else between the braces
      fairlead.yaml:28:5 routes[4].name: it is missing
      fairlead.yaml:28:5 routes[4].with.message: it is missing
      fairlead.yaml:28:5 routes[4].with.to: it is missing
      fairlead.yaml:28:35 routes[4].when.kind: source "gitlab" makes no such events: expected push, tag, pull-request, release, deployment, workflow, check or comment
      fairlead.yaml:28:49 routes[4].when.image: expected an image in full without tag and digest, such as ghcr.io/acme/app: a route is bound to it
      fairlead.yaml:30:5 routes[5]: expected mapping"
    `);
  });

  test("literals that can never work are told at the start, each at its place", () => {
    const text = withRoutes(
      `{ name: a, ${onPush}, run: deploy, with: { images: [ghcr.io/acme/app], fluxRepository: github.com/acme/flux, only: Deployment, draft: true, direct: true } }`,
      `{ name: b, ${onPush}, run: ship, with: { image: ghcr.io/acme/app, fluxRepository: github.com/acme/flux, readyStatus: x } }`,
      `{ name: c, ${onPush}, run: build, with: { repository: github.com/acme/app, source: ., image: ghcr.io/acme/app@sha256:${"0".repeat(64)} } }`,
      `{ name: d, ${onPush}, run: retag, with: { source: ghcr.io/acme/app, tags: [a], unchecked: true, onConflict: move } }`,
      `{ name: e, ${onPush}, run: create-repository, with: { image: "ghcr.io/acme/app:1" } }`,
      `{ name: f, ${onPush}, run: notify, with: { message: hi, to: [slack], credentials: { slak: env:SLACK } } }`,
      `{ name: g, ${onImage}, run: deploy, with: { images: ["\${{ event.image }}"], fluxRepository: github.com/acme/flux } }`,
    );
    expect(problems(text)).toMatchInlineSnapshot(`
      "fairlead.yaml:4:131 routes[0].with.images[0]: read image reference "ghcr.io/acme/app": it has no tag; give repository:tag, or repository:tag@sha256:…
      fairlead.yaml:4:194 routes[0].with.only: read selector "Deployment": it is not Kind/name#path or Kind/namespace/name#path; name an object, and if need be a field: Deployment/web/app#spec.template.spec.containers[name=app], ConfigMap/app#data["runner.image"]
      fairlead.yaml:4:213 routes[0].with.draft: a commit straight to the branch has no pull request; leave these out, or leave out --direct
      fairlead.yaml:5:118 routes[1].with: there is neither a repository nor a folder to build; name a repository (and perhaps a ref), or a folder with --source
      fairlead.yaml:5:196 routes[1].with.readyStatus: nothing waits for it; wait for ready, or leave the status out
      fairlead.yaml:6:162 routes[2].with.source: there is both a repository and a folder; name a repository (and perhaps a ref), or a folder with --source
      fairlead.yaml:6:172 routes[2].with.image: a push makes a new digest, so none can be given; give a tag, or the repository alone
      fairlead.yaml:7:129 routes[3].with.source: read image reference "ghcr.io/acme/app": it has neither tag nor digest; name one image, by its tag or its digest
      fairlead.yaml:7:187 routes[3].with.onConflict: unchecked, no conflict is seen
      fairlead.yaml:8:140 routes[4].with.image: it is a repository alone
      fairlead.yaml:9:140 routes[5].with.to[0]: "slack" is no destination: a colon and a place are missing; name one such as slack:C0123456789
      fairlead.yaml:9:169 routes[5].with.credentials.slak: there is no "slak"; did you mean slack?
      fairlead.yaml:10:127 routes[6].with.images[0]: read image reference "ghcr.io/acme/app": it has no tag; give repository:tag, or repository:tag@sha256:…
      fairlead.yaml:10:127 routes[6].with.images[0]: read image reference "ghcr.io/acme/web": it has no tag; give repository:tag, or repository:tag@sha256:…"
    `);
  });

  test("a problem of one field hides no problem of another, and causes none", () => {
    const flux = "fluxRepository: github.com/acme/flux";
    const text = withRoutes(
      `{ name: a, ${onPush}, run: deploy, with: { images: ["ghcr.io/acme/app:\${{ event.comit }}"], ${flux}, only: Deployment, labels: x } }`,
      `{ name: b, ${onPush}, run: deploy, with: { images: ["ghcr.io/acme/app:1"], ${flux}, wait: redy, readyStatus: x, draft: 1, direct: true } }`,
      `{ name: c, when: { source: github, kind: psh, repostory: x }, run: shp, with: { image: x }, timeout: 5, lane: 7 }`,
      `{ name: D, when: { source: github, kind: push, repository: github.com/acme/app, branch: main }, run: ship, with: { image: ghcr.io/A, ${flux} } }`,
    );
    expect(problems(text)).toMatchInlineSnapshot(`
      "fairlead.yaml:4:131 routes[0].with.images[0]: an event of kind push has no field "comit"; did you mean "commit"?
      fairlead.yaml:4:215 routes[0].with.only: read selector "Deployment": it is not Kind/name#path or Kind/namespace/name#path; name an object, and if need be a field: Deployment/web/app#spec.template.spec.containers[name=app], ConfigMap/app#data["runner.image"]
      fairlead.yaml:4:235 routes[0].with.labels: expected list
      fairlead.yaml:5:198 routes[1].with.wait: there is no such value; did you mean "ready"?
      fairlead.yaml:5:227 routes[1].with.draft: expected true or false
      fairlead.yaml:6:46 routes[2].when.kind: there is no such value; did you mean "push"?
      fairlead.yaml:6:72 routes[2].run: there is no such value; did you mean "ship"?
      fairlead.yaml:6:106 routes[2].timeout: it has no unit: say 5m
      fairlead.yaml:6:115 routes[2].lane: expected string
      fairlead.yaml:7:13 routes[3].name: expected a name of lower-case letters, digits and hyphens
      fairlead.yaml:7:118 routes[3].with: there is neither a repository nor a folder to build; name a repository (and perhaps a ref), or a folder with --source
      fairlead.yaml:7:127 routes[3].with.image: read image reference "ghcr.io/A": repository "A" has capital letters; write REGISTRY/REPOSITORY:TAG in lower case, such as ghcr.io/acme/app:1.4.3"
    `);
  });

  test("fields with a former name are told with the one that they have now", () => {
    const text = `version: 1
keep: 30d
workers: { silence: 15m }
servers: { slackApi: https://slack.example.com/api/ }
${withRoutes(
  `{ name: a, ${onPush}, run: deploy, with: { image: "ghcr.io/acme/app:1", fluxRepository: github.com/acme/flux } }`,
  `{ name: b, ${onPush}, run: notify, with: { message: hi, slackChannel: C0123456789, slackToken: env:SLACK } }`,
  `{ name: c, ${onPush}, run: ship, with: { image: ghcr.io/acme/app, repository: github.com/acme/app, fluxRepository: github.com/acme/flux, slackChannel: C0123456789 } }`,
).replace("version: 1\n", "")}`;
    expect(problems(text)).toMatchInlineSnapshot(`
      "fairlead.yaml:2:1 keep: there is no such field; it is now "retention"
      fairlead.yaml:3:12 workers.silence: there is no such field; it is now "stallTimeout"
      fairlead.yaml:4:12 servers.slackApi: there is no such field; it is now "slack: { api: … }"
      fairlead.yaml:7:120 routes[0].with.images: it is missing
      fairlead.yaml:7:122 routes[0].with.image: there is no such field; it is now "images"
      fairlead.yaml:8:120 routes[1].with.to: it is missing
      fairlead.yaml:8:135 routes[1].with.slackChannel: there is no such field; it is now "to: [slack:…]"
      fairlead.yaml:8:162 routes[1].with.slackToken: there is no such field; it is now "credentials: { slack: … }"
      fairlead.yaml:9:216 routes[2].with.slackChannel: there is no such field; it is now "notify: [slack:…]""
    `);
  });

  test("take values of an event only where they can do no harm", () => {
    const fields = (entries: Readonly<Record<string, unknown>>): string =>
      withRoutes(
        `{ name: a, ${onPush}, run: ship, with: ${JSON.stringify({ image: "ghcr.io/acme/app", repository: "github.com/acme/app", fluxRepository: "github.com/acme/flux", ...entries })} }`,
      );
    const each = (entries: Readonly<Record<string, unknown>>): string => problems(fields(entries)).replace(/^.*?with\./gm, "");
    const branch = "${{ event.branch }}";
    expect(
      [
        ...["token", "awsRole", "registryUsername", "source", "context", "dockerfile", "target", "fluxPath", "fluxBranch"],
        ...["only", "title", "body", "readyStatus", "repository", "fluxRepository"],
      ].map((field) => each({ [field]: field === "token" ? `env:${branch}` : branch })),
    ).toMatchInlineSnapshot(`
      [
        "token: it takes no value of an event: write it out",
        "awsRole: it takes no value of an event: write it out",
        "registryUsername: it takes no value of an event: write it out",
        "source: it takes no value of an event: write it out",
        "context: it takes no value of an event: write it out",
        "dockerfile: it takes no value of an event: write it out",
        "target: it takes no value of an event: write it out",
        "fluxPath: it takes no value of an event: write it out",
        "fluxBranch: it takes no value of an event: write it out",
        "only: it takes no value of an event: write it out",
        "title: it takes no value of an event: write it out",
        "body: it takes no value of an event: write it out",
        "readyStatus: it takes no value of an event: write it out",
        "repository: a repository is written out, or is \${{ event.repository }} and nothing else",
        "fluxRepository: a repository is written out, or is \${{ event.repository }} and nothing else",
      ]
    `);
    expect([each({ notify: [`slack:${branch}`] }), each({ credentials: { slack: `env:${branch}` } })]).toEqual([
      "notify[0]: it takes no value of an event: write it out",
      "credentials.slack: it takes no value of an event: write it out",
    ]);
    const images = [
      branch,
      `${branch}/acme/app:1`,
      `ghcr.io/${branch}`,
      `ghcr.io/acme/app${branch}`,
      `localhost:${branch}`,
      `app:${branch}`,
    ];
    expect(
      images
        .map((image) => each({ image }))
        .filter((told) => !told.startsWith("image: the registry and repository of an image are written out")),
    ).toEqual([]);
    const taken = [`ghcr.io/acme/app:${branch}`, `127.0.0.1:5000/app:v${branch}`, "acme/app@${{event.commit}}"];
    expect(taken.map((image) => read(fields({ image })).routes[0]?.with.image)).toEqual(taken);
  });

  test("a title has names of its own: the old form and a value of an event are errors", () => {
    const titled = (title: string): string =>
      withRoutes(
        `{ name: a, ${onPush}, run: deploy, with: ${JSON.stringify({ images: ["ghcr.io/acme/app:1"], fluxRepository: "github.com/acme/fleet", title })} }`,
      );
    expect(read(titled("shop: ${{ image }}")).routes[0]?.with.title).toBe("shop: ${{ image }}");
    expect(
      ["{image}", "${{ imgae }}", "${{ image }} ${{ event.branch }}"].map((title) => problems(titled(title)).replace(/^.*?with\./, "")),
    ).toEqual([
      "title: {image} is the old form of ${{ image }}; write ${{ image }}",
      "title: there is no placeholder ${{ imgae }}; did you mean ${{ image }}?",
      `title: there is no placeholder \${{ event.branch }}; use ${placeholders.map((name) => `\${{ ${name} }}`).join(", ")}`,
    ]);
  });

  test("a route is bound to its repositories and images, and each must be one that the pipeline takes", () => {
    const when = "when: { source: github, kind: push, repository: [github.com/acme/app, ACME/app], branch: main }";
    expect(
      problems(withRoutes(`{ name: a, ${when}, run: build, with: { image: ghcr.io/acme/app, repository: "\${{ event.repository }}" } }`)),
    ).toMatchInlineSnapshot(
      `"fairlead.yaml:4:170 routes[0].with.repository: read Git repository "ACME/app": it is no URL; give a URL such as https://github.com/acme/app"`,
    );
    const image = { images: ["${{ event.image }}:${{ event.tag }}@${{ event.digest }}"], fluxRepository: "github.com/acme/flux" };
    expect(read(withRoutes(`{ name: a, ${onImage}, run: deploy, with: ${JSON.stringify(image)} }`)).routes[0]?.readAgain).toBe(true);
    const deploying = (...images: readonly string[]): string =>
      withRoutes(`{ name: a, ${onImage}, run: deploy, with: ${JSON.stringify({ ...image, images })} }`);
    expect(read(deploying(...image.images, "ghcr.io/acme/other:1")).routes[0]?.with.images).toEqual([
      ...image.images,
      "ghcr.io/acme/other:1",
    ]);
    expect(problems(deploying("ghcr.io/acme/other:1", "ghcr.io/${{ event.tag }}"))).toContain(
      "routes[0].with.images[1]: the registry and repository of an image are written out",
    );
    expect(problems(deploying("ghcr.io/acme/other:1", "ghcr.io/acme/other:2"))).toContain(
      "routes[0].with.images: ghcr.io/acme/other has more than one value",
    );
  });

  test("two routes of one lane need one policy, and cancelRunning needs newest", () => {
    const route = (name: string, more: string): string =>
      `{ name: ${name}, ${onPush}, run: notify, with: { message: hi, to: ["slack:C0123456789"] }, ${more} }`;
    const text = withRoutes(
      route("a", 'lane: "to ${{ event.branch }}"'),
      route("b", 'lane: "to ${{event.branch}}", policy: every'),
      route("c", "lane: one, policy: every, cancelRunning: true"),
      route("d", "lane: one"),
      route("e", "cancelRunning: true"),
    );
    expect(problems(text)).toMatchInlineSnapshot(`
      "fairlead.yaml:5:202 routes[1].policy: the lane has policy newest in route "a", and every here: it can have one
      fairlead.yaml:6:205 routes[2].cancelRunning: a lane with policy every stops nothing
      fairlead.yaml:7:170 routes[3].lane: the lane has policy every in route "c", and newest here: it can have one"
    `);
  });

  test("a route without lane and policy gets those of its kind of events", () => {
    const route = (kind: string, more: string): string =>
      `{ name: on-${kind}, when: { source: ci, kind: ${kind}, ${more} }, run: notify, with: { message: hi, to: ["slack:C0123456789"] } }`;
    const repository = "repository: github.com/acme/app";
    const config = read(
      withRoutes(
        route("push", `${repository}, branch: "**"`),
        route("tag", `${repository}, tag: v*`),
        route("image", "image: ghcr.io/acme/app"),
        route("pull-request", `${repository}, base: main, action: merged`),
        route("reconciliation", 'object: "Kustomization/**"'),
        route("stage", "pipeline: app, state: [succeeded, failed]"),
      ),
    );
    expect(config.routes.map(({ lane, policy }) => `${policy}: ${lane}`)).toMatchInlineSnapshot(`
      [
        "newest: on-push \${{ event.repository }} \${{ event.branch }}",
        "every: on-tag \${{ event.repository }} \${{ event.tag }}",
        "every: on-image \${{ event.image }}",
        "newest: on-pull-request \${{ event.repository }} #\${{ event.number }}",
        "every: on-reconciliation \${{ event.object }}",
        "every: on-stage \${{ event.pipeline }}",
      ]
    `);
  });
});

describe("defaults", () => {
  const text = (defaults: string, ...routes: readonly string[]): string =>
    withRoutes(...routes).replace("routes:", `defaults: ${defaults}\nroutes:`);

  test("a route takes the defaults of the fields that its pipeline has and that it leaves out", () => {
    const { routes } = read(
      text(
        "{ image: ghcr.io/acme/app, fluxRepository: github.com/acme/fleet, labels: [deploy], source: ., token: env:T, direct: false }",
        `{ name: ship, ${onPush}, run: ship, with: { repository: "\${{ event.repository }}", labels: [own] } }`,
        `{ name: build, ${onPush}, run: build, with: { repository: "\${{ event.repository }}", image: ghcr.io/acme/other } }`,
        `{ name: direct, ${onPush}, run: deploy, with: { images: [ghcr.io/acme/app:1], direct: true } }`,
      ),
    );
    expect(routes.map((route) => route.with)).toEqual([
      {
        repository: "${{ event.repository }}",
        image: "ghcr.io/acme/app",
        fluxRepository: "github.com/acme/fleet",
        labels: ["own"],
        token: "env:T",
        direct: false,
      },
      { repository: "${{ event.repository }}", image: "ghcr.io/acme/other", token: "env:T" },
      { images: ["ghcr.io/acme/app:1"], fluxRepository: "github.com/acme/fleet", direct: true },
    ]);
  });

  test("a wrong default is told once, at its own place, however many routes take it", () => {
    expect(
      problems(
        text(
          '{ image: ghcr.io/acme/App, fluxRepositry: github.com/acme/fleet, platforms: linux/amd64, ref: "${{ event.commit }}" }',
          `{ name: one, ${onPush}, run: build, with: { repository: "\${{ event.repository }}" } }`,
          `{ name: two, ${onPush}, run: ship, with: { repository: "\${{ event.repository }}" } }`,
        ),
      ),
    ).toMatchInlineSnapshot(`
      "fairlead.yaml:3:20 defaults.image: read image reference "ghcr.io/acme/App": repository "acme/App" has capital letters; write REGISTRY/REPOSITORY:TAG in lower case, such as ghcr.io/acme/app:1.4.3
      fairlead.yaml:3:38 defaults.fluxRepositry: there is no such field; did you mean "fluxRepository"?
      fairlead.yaml:3:87 defaults.platforms: expected list
      fairlead.yaml:3:105 defaults.ref: a default has no value of an event: write it in the route
      fairlead.yaml:6:120 routes[1].with.fluxRepository: it is missing"
    `);
  });

  test("the stored text of a configuration with defaults reads to the same", () => {
    const config = read(
      text("{ image: ghcr.io/acme/app }", `{ name: one, ${onPush}, run: build, with: { repository: "\${{ event.repository }}" } }`),
    );
    const again = read(config.text);
    expect({ hash: again.hash, with: again.routes[0]?.with }).toEqual({ hash: config.hash, with: config.routes[0]?.with });
  });

  test("the command line knows the sections of the listener", () => {
    const common = [...Object.keys(commonFields), "defaults"];
    const own = Object.keys(configSchema(kinds).shape).filter((name) => !common.includes(name));
    expect([...listenerSections].sort()).toEqual(own.sort());
  });
});

describe("environments", () => {
  const text = (environments: string, ...routes: readonly string[]): string =>
    withRoutes(...routes).replace("routes:", `environments: ${environments}\nroutes:`);
  const places =
    "{ staging: { fluxRepository: github.com/acme/fleet, fluxPath: apps/staging }, prod: { fluxBranch: live, after: staging } }";
  const onVersion = "when: { source: hub, kind: image, image: ghcr.io/acme/app }";
  const images = 'images: ["ghcr.io/acme/app:${{ event.tag }}"]';

  test("a route takes what its environment says and it leaves out, before the defaults", () => {
    const config = read(
      text(
        places,
        `{ name: staging, ${onVersion}, run: deploy, with: { ${images}, environment: staging } }`,
        `{ name: prod, ${onVersion}, run: deploy, with: { ${images}, environment: prod, fluxPath: apps/own } }`,
      ).replace("routes:", "defaults: { fluxRepository: github.com/acme/other, fluxPath: apps }\nroutes:"),
    );
    const image = ["ghcr.io/acme/app:${{ event.tag }}"];
    expect(config.routes.map((route) => route.with)).toEqual([
      { images: image, environment: "staging", fluxRepository: "github.com/acme/fleet", fluxPath: "apps/staging" },
      { images: image, environment: "prod", fluxRepository: "github.com/acme/other", fluxBranch: "live", fluxPath: "apps/own" },
    ]);
    expect(isDeepStrictEqual(read(config.text), config)).toBe(true);
  });

  test("an environment that is not there is told where it is named, and what it says wrongly where it stands", () => {
    expect(
      problems(
        text(
          "{ staging: { fluxRepository: github.com/acme/fleet, fluxPath: ../x } }",
          `{ name: one, ${onVersion}, run: deploy, with: { ${images}, environment: stagin } }`,
          `{ name: two, ${onVersion}, run: deploy, with: { ${images}, environment: staging } }`,
          `{ name: three, ${onVersion}, run: retag, with: { source: "ghcr.io/acme/app:1", tags: [a], environment: staging } }`,
          `{ name: four, ${onVersion}, run: deploy, with: { ${images}, fluxRepository: github.com/acme/fleet, environment: "\${{ event.tag }}" } }`,
        ),
      ),
    ).toMatchInlineSnapshot(`
      "fairlead.yaml:3:77 environments.staging.fluxPath: "../x" leads out of the repository
      fairlead.yaml:5:98 routes[0].with.fluxRepository: it is missing
      fairlead.yaml:5:160 routes[0].with.environment: there is no environment "stagin"; did you mean "staging"?
      fairlead.yaml:7:142 routes[2].with.environment: there is no such field
      fairlead.yaml:8:200 routes[3].with.environment: it takes no value of an event: write it out"
    `);
  });
});

describe("a configuration", () => {
  const text = readFileSync("examples/listener/fairlead.yaml", "utf8");

  test("a configuration has one hash however it is laid out, and its stored text reads to the same", () => {
    const config = read(text);
    expect(isDeepStrictEqual(read(config.text), config)).toBe(true);
    expect(read(`# another comment\n${text}`).hash).toBe(config.hash);
    expect(read(text.replace("branch: main", "branch: next")).hash).not.toBe(config.hash);
  });

  test("an engine that cannot be chosen is told at the start", () => {
    expect(problems("version: 1\nworkers: { engine: dokcer }")).toBe(
      'fairlead.yaml:2:20 workers.engine: "dokcer" is neither auto, docker, native nor an address',
    );
  });

  test("a configuration needs nothing but its version, and shows the defaults", () => {
    const { hash: _, ...rest } = read("version: 1");
    expect(rest).toMatchInlineSnapshot(`
      {
        "credentials": {},
        "environments": {},
        "limits": {
          "bodiesBytes": 268435456,
          "connections": 1000,
          "connectionsPerPeer": 100,
          "events": 1000,
          "keepAliveMilliseconds": 75000,
          "memoryBytes": 1073741824,
          "nameLength": 255,
          "queued": 100,
          "rate": 60,
          "requestMilliseconds": 30000,
          "runs": 1000,
          "unproven": 100,
        },
        "listen": {
          "host": "127.0.0.1",
          "path": "",
          "port": 8080,
          "proxies": [
            "127.0.0.0/8",
            "::1",
          ],
        },
        "reportTo": [],
        "retentionMilliseconds": 2592000000,
        "routes": [],
        "servers": {
          "plainHttp": [],
        },
        "sources": [],
        "store": "sqlite:fairlead.db",
        "text": "{"version":1}",
        "version": 1,
        "warnings": [],
        "workers": {
          "count": 2,
          "engine": undefined,
          "maxAttempts": 5,
          "timeoutMilliseconds": 3600000,
          "timings": {
            "grace": 12000,
            "lease": 30000,
            "stallTimeout": 900000,
          },
        },
      }
    `);
  });

  test("every example configuration passes the published schema and the reader", () => {
    const ajv = new Ajv({ strict: true, allErrors: true });
    addFormats.default(ajv);
    const isValid = ajv.compile(JSON.parse(readFileSync("docs/fairlead.schema.json", "utf8")) as object);
    const documented = [...readFileSync("docs/configuration.md", "utf8").matchAll(/```yaml\n([^]*?)```/g)].map(([, block]) => block!);
    const texts = [
      ...globSync("examples/*/fairlead.yaml").map((file) => readFileSync(file, "utf8")),
      ...documented.filter((block) => /^version:/m.test(block)),
    ];
    expect(texts.length).toBeGreaterThanOrEqual(3);
    for (const each of texts) {
      expect(isValid(parse(each)), JSON.stringify(isValid.errors)).toBe(true);
      expect(read(each).version).toBe(1);
    }
    expect(isValid(parse(text.replace("kind: push", "kind: psh")))).toBe(false);
  });

  test("the published JSON Schema of the configuration is up to date", () => {
    expect(JSON.parse(readFileSync("docs/fairlead.schema.json", "utf8"))).toEqual(JSON.parse(configJsonSchema(kinds)));
  });
});
