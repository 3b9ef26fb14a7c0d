import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig } from "../../../webhook/config.ts";
import type { Event } from "../../../src/core/event.ts";
import { eventKinds } from "../../../webhook/routing/event-kinds.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import { runAccess, type RunAccess } from "../../../webhook/worker/run-access.ts";

beforeEach(() => void vi.stubEnv("FAIRLEAD_ECR_HOSTS", "ecr.example.com=123456789012/eu-west-1"));
afterEach(() => void vi.unstubAllEnvs());

/** Returns what a run of a pipeline may use where the configuration has credentials for everything. */
function accessOf(run: string, values: Readonly<Record<string, unknown>>, looked?: Event): RunAccess {
  const config = {
    version: 1,
    credentials: {
      "github.com": { token: "env:GIT" },
      "github.com/acme/flux": { token: "env:FLUX" },
      "github.com/acme/app": { token: "env:APP" },
      "ghcr.io": { username: "bot", password: "env:GHCR" },
      "quay.io": { username: "bot", password: "env:QUAY" },
      "github.example.com/acme": { app: 1234, key: "file:/etc/fairlead/app.pem" },
      slack: { token: "cmd:vault read slack" },
    },
    sources: { ci: { kind: "generic-hmac", secrets: "env:CI" } },
    routes: [{ name: "r", when: { source: "ci", kind: "push", repository: "github.com/acme/app", branch: "main" }, run, with: values }],
  };
  const read = readConfig(JSON.stringify(config), { path: "fairlead.yaml", receivers, pipelines });
  const [route] = read.routes;
  return runAccess(read, route!, values as never, looked);
}

const image = { source: "ghcr.io/acme/app:1", tags: ["2"] };

test("a run that notifies has the credential of its notifier alone", () => {
  expect(accessOf("notify", { message: "hello", to: ["slack:C0123456789"] })).toEqual({
    credentials: { slack: { token: "cmd:vault read slack" } },
    references: ["cmd:vault read slack"],
    ofRoute: [],
    machine: [],
  });
});

test("a run that looks again has the credentials of the repository or the image of its event, and no others", () => {
  const message = { message: "hello", to: ["slack:C0123456789"] };
  const push = { ...eventKinds.push.sample, repository: "github.com/acme/app" };
  const image = { ...eventKinds.image.sample, image: "quay.io/acme/app" };
  expect(accessOf("notify", message, push).references).toEqual(["env:GIT", "env:APP", "cmd:vault read slack"]);
  expect(accessOf("notify", message, image).references).toEqual(["env:QUAY", "cmd:vault read slack"]);
});

test("a run whose repository an App opens has the App's key", () => {
  const values = { images: ["ghcr.io/acme/app:1"], fluxRepository: "github.example.com/acme/flux" };
  expect(accessOf("deploy", values)).toMatchObject({
    credentials: { "github.example.com/acme": { app: 1234, key: "file:/etc/fairlead/app.pem" } },
    references: ["env:GHCR", "file:/etc/fairlead/app.pem"],
  });
});

test("a run that ships has the credentials of its hosts, and of a notifier only if it names one", () => {
  const values = { repository: "github.com/acme/app", image: "ghcr.io/acme/app", fluxRepository: "github.com/acme/flux" };
  const references = ["env:GHCR", "env:GIT", "env:APP", "env:FLUX"];
  expect(accessOf("ship", values)).toMatchObject({ references, machine: [] });
  expect(accessOf("ship", { ...values, notify: ["slack:C0123456789"] })).toMatchObject({
    references: [...references, "cmd:vault read slack"],
  });
});

test.each(["123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app:1", "ecr.example.com/acme/app:1"])(
  "a run of %s may find this machine's credentials of AWS",
  (source) => {
    const { machine } = accessOf("retag", { ...image, source });
    expect(machine.some((each) => each.test("AWS_PROFILE"))).toBe(true);
    expect(machine.some((each) => each.test("SLACK_BOT_TOKEN"))).toBe(false);
  },
);

test("a run without an image at AWS may not find this machine's credentials of AWS", () => {
  expect(accessOf("retag", image)).toEqual({
    credentials: { "ghcr.io": { username: "bot", password: "env:GHCR" } },
    references: ["env:GHCR"],
    ofRoute: [],
    machine: [],
  });
});
