import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FairleadError, type RunOptions } from "../../src/library.ts";
import { git } from "../doubles/bare.ts";
import type { Registry } from "../doubles/registry.ts";
import { startFlux, startImages, type Flux } from "./flux.ts";

let registry: Registry;
let flux: Flux;
let notices: string[];

beforeAll(async () => {
  registry = await startImages();
});
beforeEach(async () => {
  flux = await startFlux(registry);
  notices = [];
});
afterEach(() => flux[Symbol.asyncDispose]());
afterAll(() => registry.stop());

const report: RunOptions["report"] = (entry) =>
  void (entry.type === "notice" && notices.push(flux.plain(entry.message).replace(/SHA|[0-9a-f]{12}$/, "SHA")));

/** Time that passes only while a run waits: each pause does the next of these things. */
function clock(
  ...meanwhile: readonly (() => unknown)[]
): Pick<RunOptions, "began" | "now" | "delay" | "report"> & { readonly pauses: readonly number[] } {
  let time = Date.parse("2026-01-02T03:04:05Z");
  const pauses: number[] = [];
  const waiting = [...meanwhile];
  return {
    report,
    pauses,
    began: new Date(time),
    now: () => new Date(time),
    async delay(milliseconds) {
      time += milliseconds;
      pauses.push(milliseconds);
      await waiting.shift()?.();
    },
  };
}

const deploy = (input: Readonly<Record<string, unknown>>, time = clock()) =>
  flux.deployHere({ images: [flux.image("1.1.0")], ...input }, time);
const merge = (): Promise<string> => flux.github.mergePull("acme/flux", 1);
/** Long before the clock begins: nothing is expected to follow. */
const long = new Date("2026-01-01T00:00:00Z");
const nothing = (): void => undefined;
const head = (): Promise<string> => git(flux.folder, ["rev-parse", "main"]);
const reportOn = (sha: string, state: "success" | "failure", context = "kustomization/apps/0c9c2e41", description = ""): void =>
  flux.github.setStatus("acme/flux", sha, { state, context, description, createdAt: long });
const told = (): readonly string[] => notices.map((line) => line.replace(/commit [0-9a-f]{12}/, "commit SHA"));
const failure = async (doing: Promise<unknown>): Promise<string> => {
  const error: unknown = await doing.then(
    () => "no error",
    (reason: unknown) => reason,
  );
  return error instanceof FairleadError ? flux.plain(`${error.code}: ${error.message} (${error.hint})`) : String(error);
};

describe("--wait merged", () => {
  test("--wait merged polls with growing pauses until the merge, and returns the commit", async () => {
    const time = clock(nothing, nothing, merge);
    const { waited } = await deploy({ wait: "merged" }, time);
    expect(waited).toEqual({ commit: await head(), ready: false });
    expect(time.pauses).toEqual([2_000, 3_000, 4_500]);
    expect(told()).toEqual(["waiting for the merge of pull request #1 of GITHUB/acme/flux: it is open"]);
  });

  test("--wait merged fails when the pull request is closed without being merged", async () => {
    const time = clock(() => flux.github.closePull("acme/flux", 1));
    expect(await failure(deploy({ wait: "merged" }, time))).toBe(
      "conflict: wait for pull request #1 of GITHUB/acme/flux: it was closed without being merged (see http://GITHUB/acme/flux/pull/1)",
    );
  });

  test("--wait merged gives up at its timeout with the last state, and a later run goes on", async () => {
    const time = clock();
    expect(await failure(deploy({ wait: "merged", timeout: "1m" }, time))).toBe(
      "unavailable: wait for the merge of pull request #1 of GITHUB/acme/flux: not until 2026-01-02T03:05:05.000Z: it is open (run it again to go on waiting, or give it more time)",
    );
    expect(time.pauses.reduce((sum, each) => sum + each)).toBe(60_000);
    expect((await deploy({ wait: "merged" }, clock(merge))).waited).toEqual({ commit: await head(), ready: false });
  });

  test("--wait merged with --timeout 0s looks once", async () => {
    const { code, stderr } = await flux.run(flux.image("1.1.0"), "--wait", "merged", "--timeout", "0s");
    expect(`${code} ${flux.plain(/^fairlead: .*$/m.exec(stderr)?.[0] ?? "")}`).toMatch(
      /^75 fairlead: wait for the merge of pull request #1 of GITHUB\/acme\/flux: not until .*Z: it is open$/,
    );
  });

  test("a dry run with --wait does not wait", async () => {
    const time = clock();
    const { waited } = await flux.deployHere({ images: [flux.image("1.1.0")], wait: "ready" }, { ...time, dryRun: true });
    expect({ waited, pauses: time.pauses }).toEqual({ waited: { commit: null, ready: true }, pauses: [] });
  });

  test("--wait merged ends at once for an image the base has and for a direct commit", async () => {
    const time = clock();
    expect((await flux.deployHere({ images: [flux.image("1.0.0")], wait: "merged" }, time)).waited).toEqual({
      commit: await head(),
      ready: false,
    });
    const { waited } = await deploy({ wait: "merged", direct: true }, time);
    expect({ waited, pauses: time.pauses }).toEqual({ waited: { commit: await head(), ready: false }, pauses: [] });
  });
});

describe("--wait ready", () => {
  test("--wait ready waits for the merge, then for Flux, past a temporary failure", async () => {
    const time = clock(
      merge,
      async () => reportOn(await head(), "failure", undefined, "health check failed"),
      async () => reportOn(await head(), "success"),
    );
    expect((await deploy({ wait: "ready" }, time)).waited).toEqual({ commit: await head(), ready: true });
    expect(told()).toEqual([
      "waiting for the merge of pull request #1 of GITHUB/acme/flux: it is open",
      "waiting for the report of Flux on commit SHA of GITHUB/acme/flux: it is merged, and there is no report",
      "waiting for the report of Flux on commit SHA of GITHUB/acme/flux: kustomization/apps/0c9c2e41 is failure: health check failed",
    ]);
  });

  test("--wait ready accepts the report on a later commit of the base", async () => {
    let merged = "";
    const time = clock(
      async () => void (merged = await merge()),
      () => flux.github.commit("acme/flux", { branch: "main", files: { "later.md": "later\n" }, message: "Later" }),
      async () => reportOn(await head(), "success"),
    );
    expect((await deploy({ wait: "ready" }, time)).waited).toEqual({ commit: merged, ready: true });
  });

  test("--wait ready is not ended by the root object alone where another reported on an earlier commit", async () => {
    reportOn(await head(), "success", "kustomization/flux-system/1");
    reportOn(await head(), "failure", "kustomization/apps/1");
    const time = clock(
      async () => reportOn(await merge(), "success", "kustomization/flux-system/1"),
      async () => reportOn(await head(), "failure", "kustomization/apps/1", "health check failed"),
      async () => reportOn(await head(), "success", "kustomization/apps/1"),
    );
    expect((await deploy({ wait: "ready" }, time)).waited).toEqual({ commit: await head(), ready: true });
    expect(told().slice(1)).toEqual([
      "waiting for the report of Flux on commit SHA of GITHUB/acme/flux: kustomization/apps/1 has not reported yet",
      "waiting for the report of Flux on commit SHA of GITHUB/acme/flux: kustomization/apps/1 is failure: health check failed",
    ]);
  });

  test("--wait ready expects what reported on one of the last three commits with reports, though the newest of them has only the root", async () => {
    reportOn(await head(), "success", "kustomization/apps/1");
    await flux.github.commit("acme/flux", { branch: "main", files: { "between.md": "between\n" }, message: "Between" });
    reportOn(await head(), "success", "kustomization/flux-system/1");
    const time = clock(
      async () => reportOn(await merge(), "success", "kustomization/flux-system/1"),
      async () => reportOn(await head(), "success", "kustomization/apps/1"),
    );
    expect((await deploy({ wait: "ready" }, time)).waited).toEqual({ commit: await head(), ready: true });
    expect(told().at(-1)).toBe(
      "waiting for the report of Flux on commit SHA of GITHUB/acme/flux: kustomization/apps/1 has not reported yet",
    );
  });

  test("--wait ready waits two minutes for more objects where no earlier commit has a report", async () => {
    const time = clock(async () => {
      const createdAt = new Date("2026-01-02T03:04:07Z");
      flux.github.setStatus("acme/flux", await merge(), {
        state: "success",
        context: "kustomization/flux-system/1",
        description: "",
        createdAt,
      });
    });
    expect((await deploy({ wait: "ready" }, time)).waited).toEqual({ commit: await head(), ready: true });
    expect(time.pauses.reduce((sum, each) => sum + each)).toBeGreaterThanOrEqual(122_000);
    expect(told().at(-1)).toBe(
      "waiting for the report of Flux on commit SHA of GITHUB/acme/flux: kustomization/flux-system/1 is ready, and others may still report",
    );
  });

  test("--wait ready ends when a later commit has fixed what failed at the merge", async () => {
    let merged = "";
    const time = clock(
      async () => reportOn((merged = await merge()), "failure", undefined, "health check failed"),
      () => flux.github.commit("acme/flux", { branch: "main", files: { "fix.md": "fix\n" }, message: "Fix" }),
      async () => reportOn(await head(), "success"),
    );
    expect((await deploy({ wait: "ready" }, time)).waited).toEqual({ commit: merged, ready: true });
  });

  test("--wait ready counts only the named status, or only Flux's when none is named", async () => {
    const others = async (): Promise<void> => {
      reportOn(await head(), "success", "ci/lint");
      reportOn(await head(), "failure", "kustomization/infrastructure/0c9c2e41");
    };
    const time = clock(merge, others, async () => reportOn(await head(), "success"));
    expect((await deploy({ wait: "ready", readyStatus: "kustomization/apps" }, time)).waited).toEqual({
      commit: await head(),
      ready: true,
    });
    await expect(flux.deployHere({ images: [flux.image("1.1.0")], wait: "ready", timeout: "0s" })).rejects.toThrow(
      "kustomization/infrastructure/0c9c2e41 is failure",
    );
  });
});
