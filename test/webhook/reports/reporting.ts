/** A configuration with routes that are reported, runs of theirs, and a reporter that only remembers. */
import type { Json } from "../../../src/core/json.ts";
import type { ReportContext, Reporter, RunView, Subject } from "../../../src/core/reporter.ts";
import { pipelines } from "../../../src/pipelines/index.ts";
import { readConfig, type ListenerConfig } from "../../../webhook/config.ts";
import { receivers } from "../../../webhook/receivers/index.ts";
import type { TellOrder } from "../../../webhook/report/messages.ts";
import type { ReportClaim, StoredRun } from "../../../webhook/store.ts";

export const commit = "c".repeat(40);
export const push = {
  kind: "push",
  source: "github",
  delivery: null,
  repository: "github.com/acme/app",
  branch: "main",
  commit,
  before: null,
} as const;

/** Returns a configuration; `more` is YAML beside its routes. */
export function configOf(more = "", routeMore = "", renamed: Readonly<Record<string, string>> = {}, named = true): ListenerConfig {
  const text = `version: 1
sources: { github: { kind: github, secrets: env:KEY }, hub: { kind: docker-hub, path: env:HUB } }
credentials:
  github.com: { token: env:ALL }
  github.com/acme/app: { token: env:APP }
  github.com/acme/fleet: { token: env:FLEET }
  ghcr.io: { username: robot, password: env:GHCR }
routes:
  - name: main
    when: { source: github, kind: push, repository: github.com/acme/app, branch: main }
    run: ship
    with: { repository: https://github.com/acme/app, image: ghcr.io/acme/app, fluxRepository: https://github.com/acme/fleet }
    ${routeMore}
  - name: images
    when: { source: hub, kind: image, image: ghcr.io/acme/app }
    run: deploy
    ${named ? "reportTo: [github.com/acme/app]" : ""}
    with: { images: ["\${{ event.image }}:\${{ event.tag }}"], fluxRepository: https://github.com/acme/fleet, fluxToken: env:OWN }
${more}`;
  return readConfig(
    text.replace(/env:(\w+)/g, (_, name: string) => `env:${renamed[name] ?? name}`),
    { path: "fairlead.yaml", receivers, pipelines },
  );
}

export const deployed: Json = {
  image: "ghcr.io/acme/app:2",
  branch: "fairlead/app",
  commit: "d".repeat(40),
  changed: true,
  changes: [],
  pullRequest: { number: 7, url: "https://github.com/acme/fleet/pull/7" },
  previous: null,
  superseded: [],
  leftOpen: [],
  waited: null,
  images: [
    {
      image: "ghcr.io/acme/app:2",
      digest: `sha256:${"1".repeat(64)}`,
      source: { repository: "github.com/acme/app", commit, since: null, compare: null },
      changes: [{ file: "a.yaml", document: 0, path: "image", line: 3, from: "ghcr.io/acme/app:1", to: "ghcr.io/acme/app:2" }],
    },
  ],
};

export function storedRun(more: Partial<StoredRun> = {}): StoredRun {
  return {
    ...{
      id: "0199-run",
      delivery: "0199-delivery",
      pipeline: "deploy",
      route: "images",
      lane: "images",
      policy: "every",
      cancelRunning: false,
    },
    event: { kind: "image", source: "hub", delivery: null, image: "ghcr.io/acme/app", tag: "2", digest: null },
    input: { images: ["ghcr.io/acme/app:2"], fluxRepository: "https://github.com/acme/fleet" },
    ...{ configHash: "hash", maxAttempts: 5, timeoutMilliseconds: 60_000, state: "succeeded", attempt: 1, fence: 1 },
    ...{ createdAt: new Date(0), startedAt: new Date(1), endedAt: new Date(2), reason: undefined, outdated: false },
    ...{ result: deployed, error: undefined, rerunOf: undefined },
    ...more,
  };
}

export function orderOf(run: StoredRun, more: Partial<ReportClaim> = {}): TellOrder {
  const report = { run, reporter: "status", fence: 1, revision: 1, subject: undefined, rollout: undefined, ...more };
  return { telling: { report }, folder: "", config: "", credentials: {}, secrets: {} };
}

/** A reporter that remembers what it was told, and then does this. */
export function remembering(then: (ctx: ReportContext) => Promise<void> = () => Promise.resolve()): Reporter & {
  readonly told: { readonly subject: Subject; readonly view: RunView }[];
} {
  const told: { subject: Subject; view: RunView }[] = [];
  return {
    name: "status",
    needs: ["statuses:write"],
    told,
    async report(ctx, subject, view) {
      told.push({ subject, view });
      await then(ctx);
    },
  };
}
