import { expect, test } from "vitest";
import { z } from "zod";
import { FairleadError } from "../../../src/core/errors.ts";
import { commonOutputs, outputNames, outputsOf } from "../../../src/core/run/output.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { ship } from "../../../src/pipelines/ship.ts";

const built = {
  image: "ghcr.io/acme/app:1.4.3@sha256:1f2e",
  digest: "sha256:1f2e",
  platforms: [{ platform: "linux/amd64", digest: "sha256:3a4b" }],
  tags: ["1.4.3", "1.4"],
  copies: [],
  source: "github.com/acme/app@1a2b3c4",
  commit: "1a2b3c4",
};
const deployed = {
  image: "ghcr.io/acme/app:1.4.3",
  branch: "fairlead/app-1",
  commit: "5d6e",
  changed: true,
  changes: [],
  pullRequest: { number: 7, url: "https://github.com/acme/flux/pull/7" },
  previous: null,
  superseded: [],
  waited: null,
};

test("each pipeline has the outputs that a GitHub Actions job is promised", () => {
  expect(Object.fromEntries(pipelines.map(({ name, output }) => [name, outputNames(output)]))).toEqual({
    build: ["image", "digest", "tags", "commit"],
    "create-repository": ["repository", "arn"],
    deploy: ["branch", "changed", "pull-request-number", "pull-request"],
    "dispatch-repository": ["run", "run-url", "conclusion"],
    "dispatch-workflow": ["run", "run-url", "conclusion"],
    notify: ["message"],
    retag: ["image", "digest"],
    ship: ["image", "digest", "tags", "commit", "branch", "changed", "pull-request-number", "pull-request", "message"],
  });
  expect(commonOutputs).toEqual(["result", "dry-run-plan"]);
});

test("ship has the outputs of its build and its deployment, with lists joined by commas", () => {
  expect(outputsOf(ship.output, { build: built, deploy: deployed, notify: { channel: "C1", id: "17.1" } })).toEqual({
    image: "ghcr.io/acme/app:1.4.3@sha256:1f2e",
    digest: "sha256:1f2e",
    tags: "1.4.3,1.4",
    commit: "1a2b3c4",
    branch: "fairlead/app-1",
    changed: "true",
    "pull-request": "https://github.com/acme/flux/pull/7",
    "pull-request-number": "7",
    message: "17.1",
  });
});

test("a missing output is empty, at any depth", () => {
  const nothing = { ...deployed, branch: null, changed: false, pullRequest: null };
  expect(outputsOf(ship.output, { build: { ...built, tags: [], commit: null }, deploy: nothing, notify: null })).toEqual({
    image: "ghcr.io/acme/app:1.4.3@sha256:1f2e",
    digest: "sha256:1f2e",
    tags: "",
    commit: "",
    branch: "",
    changed: "false",
    "pull-request": "",
    "pull-request-number": "",
    message: "",
  });
});

test("an output may be declared inside or outside of nullable, and may be any JSON", () => {
  const output = z.object({
    a: z.string().meta({ output: "one" }).nullable(),
    b: z.object({ c: z.int() }).nullable().meta({ output: "two" }),
  });
  expect(outputsOf(output, { a: "x", b: { c: 1 } })).toEqual({ one: "x", two: '{"c":1}' });
});

test.each([
  [z.object({ a: z.string().meta({ output: "same" }), b: z.object({ c: z.string().meta({ output: "same" }) }) }), "same"],
  [z.object({ a: z.string().meta({ output: "result" }) }), "result"],
])("two outputs of one name are refused: %#", (schema, name) => {
  expect(() => outputsOf(schema, {})).toThrow(new FairleadError("internal", `read outputs: ${name} is the name of two`));
});
