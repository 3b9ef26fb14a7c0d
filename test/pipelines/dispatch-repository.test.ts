import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dispatchRepository, FairleadError, type RunOptions } from "../../src/library.ts";
import { clock, otherToken, quay, startActions, type ActionsWorld } from "./actions.ts";

let world: ActionsWorld;
beforeEach(async () => {
  world = await startActions();
});
afterEach(() => world[Symbol.asyncDispose]());

const dispatch = (...args: readonly string[]) => ["dispatch-repository", world.app, "--event", "QUAY_BUILD_SUCCESS", ...args];
const here = (input: Readonly<Record<string, unknown>>, options: Partial<RunOptions> = {}) =>
  world.here(dispatchRepository, { event: "QUAY_BUILD_SUCCESS", ...input }, options);
const failure = async (doing: Promise<unknown>): Promise<string> => {
  const error: unknown = await doing.then(
    () => "no error",
    (reason: unknown) => reason,
  );
  return error instanceof FairleadError ? world.plain(`${error.code}: ${error.message} (${error.hint})`) : String(error);
};
/** The looks until a run is taken that has stayed the only one. */
const soon = Array.from({ length: 4 }, () => () => undefined);
const body = { event_type: "QUAY_BUILD_SUCCESS", client_payload: { text: "42d4a62" } };

describe("fairlead dispatch-repository", () => {
  test("dispatch-repository makes the event with its payload, and each call makes it again", async () => {
    const nothing = { id: null, url: null, conclusion: null };
    const expected = { repository: world.app, event: "QUAY_BUILD_SUCCESS", run: nothing };
    expect(await world.json(...dispatch("--payload", "text=42d4a62"))).toEqual(expected);
    expect(await world.json(...dispatch("--payload", "text=42d4a62"))).toEqual(expected);
    expect(world.github.dispatched("acme/app")).toEqual([body, body]);
    expect(world.github.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /repos/acme/app/dispatches",
      "POST /repos/acme/app/dispatches",
    ]);
  });

  test("a dry run of dispatch-repository shows the event, and makes none", async () => {
    const printed = await world.json(...dispatch("--payload", "text=42d4a62", "--dry-run"));
    expect(JSON.parse(world.plain(JSON.stringify(printed)))).toMatchInlineSnapshot(`
      {
        "plan": [
          {
            "changes": [
              {
                "action": "run",
                "target": "GITHUB/acme/app QUAY_BUILD_SUCCESS",
                "to": "{"text":"42d4a62"}",
              },
            ],
            "diff": null,
            "key": "GITHUB/acme/app QUAY_BUILD_SUCCESS",
            "step": "dispatch-repository",
          },
        ],
        "result": {
          "event": "QUAY_BUILD_SUCCESS",
          "repository": "GITHUB/acme/app",
          "run": {
            "conclusion": null,
            "id": null,
            "url": null,
          },
        },
      }
    `);
    expect(world.writes()).toEqual([]);
  });

  test("dispatch-repository refuses a payload that GitHub would refuse", async () => {
    const said: string[] = [];
    const keys = Array.from({ length: 11 }, (_, at) => ["--payload", `k${at}=1`]).flat();
    const cases = [
      keys,
      ["--payload", `text=${"ü".repeat(33_000)}`],
      ["--payload", "text"],
      ["--workflow", "quay.yml"],
      ["--event", "x".repeat(101)],
    ];
    for (const args of [...cases, ["--payload", "id=1", "--correlation-key", "id"]]) {
      const { code, stderr } = await world.run(...dispatch(...args));
      said.push(`${code} ${stderr.trim()}`);
    }
    expect(said.join("\n")).toMatchInlineSnapshot(`
      "2 fairlead: dispatch-repository: --payload: it has 11 keys, and at most 10 are taken
      hint: run fairlead dispatch-repository --help
      2 fairlead: dispatch-repository: --payload: it has 66011 bytes, and at most 65535 are taken
      hint: run fairlead dispatch-repository --help
      2 fairlead: dispatch-repository: --payload: "text" is not KEY=VALUE
      hint: write a name, an equals sign and a value
      2 fairlead: dispatch-repository: --workflow: nothing waits for it
      hint: add --wait, or leave it out
      2 fairlead: dispatch-repository: --event: it is given twice
      hint: run fairlead dispatch-repository --help
      2 fairlead: dispatch-repository: --correlation-key: "id" is given a value too
      hint: leave the value out: fairlead makes it"
    `);
    expect(world.writes()).toEqual([]);
  });

  test("a repository that the token does not show is an error", async () => {
    const { code, stderr } = await world.run("dispatch-repository", `${world.github.host}/acme/none`, "--event", "x");
    expect(
      `${code} ${world
        .plain(stderr)
        .replace(/[\d.]+ s\b/, "SECONDS")
        .trim()}`,
    ).toMatchInlineSnapshot(`
      "4 dispatch-repository GITHUB/acme/none x: started
      dispatch-repository GITHUB/acme/none x: failed (SECONDS)
      fairlead: dispatch x to GITHUB/acme/none: there is no such repository or pull request, or the token does not show it
      hint: check the name: a private repository looks the same as none, and that GITHUB_TOKEN may read it"
    `);
  });
});

describe("--wait", () => {
  test("--wait waits for the run that the event starts", async () => {
    world.github.setWorkflows("acme/app", { lag: 1 });
    const time = clock(...soon, () => world.advance({ conclusion: "success" }));
    const result = await here({ payload: ["text=42d4a62"], wait: true }, time.options);
    expect(JSON.parse(world.plain(JSON.stringify(result)))).toEqual({
      repository: "GITHUB/acme/app",
      event: "QUAY_BUILD_SUCCESS",
      run: { id: "RUN1", url: "http://GITHUB/acme/app/actions/runs/RUN1", conclusion: "success" },
    });
    expect(time.told.map((each) => world.plain(each))).toMatchInlineSnapshot(`
      [
        "waiting for the run of QUAY_BUILD_SUCCESS of GITHUB/acme/app: it is not shown yet",
        "waiting for the run of QUAY_BUILD_SUCCESS of GITHUB/acme/app: it may be http://GITHUB/acme/app/actions/runs/RUN1",
        "GITHUB/acme/app: run RUN1 was found by its time and its account robot alone; --correlation-key makes sure that it is the right one",
        "waiting for run http://GITHUB/acme/app/actions/runs/RUN1: it is queued",
      ]
    `);
  });

  test("an event to which no workflow listens is an error that says what to do", async () => {
    expect(await failure(here({ event: "NOBODY", wait: true }, clock().options))).toMatchInlineSnapshot(
      `"not_found: find the run of NOBODY of GITHUB/acme/app: no run has appeared in 5 minutes (let a workflow of the default branch listen to repository_dispatch of the type NOBODY, and leave out its run-name or name a key by --correlation-key)"`,
    );
    expect(await failure(here({ event: "NOBODY", wait: true, correlationKey: "id" }, clock().options)).then((said) => said.replace(/[0-9a-f]{16}/, "MARK"))).toMatchInlineSnapshot(`"not_found: find the run of NOBODY of GITHUB/acme/app: no run whose title has MARK has appeared in 5 minutes (let a workflow of the default branch listen to repository_dispatch of the type NOBODY, and show the correlation in its run-name)"`); // prettier-ignore
  });

  test("--workflow names the one to wait for where several workflows listen", async () => {
    await world.github.commit("acme/app", { branch: "main", files: { ".github/workflows/second.yaml": quay }, message: "Second" });
    const time = clock(...soon, () => {
      const found = world.github.workflowRuns("acme/app").find(({ workflow }) => workflow === "second.yaml");
      world.github.advanceRun("acme/app", found!.id, { conclusion: "success" });
    });
    expect(await here({ wait: true, workflow: "second.yaml" }, time.options)).toMatchObject({ run: { conclusion: "success" } });
    expect(await failure(here({ wait: true }, clock().options))).toMatch(
      /^conflict: find the run of QUAY_BUILD_SUCCESS of GITHUB\/acme\/app: it may be any of RUN4, RUN3.* \(name one workflow by --workflow, or a key/,
    );
  });

  test("a run of another caller that is shown before ours is not taken for ours", async () => {
    world.github.setWorkflows("acme/app", { lag: 3 });
    world.github.before({ method: "GET", path: /actions\/runs$/ }, async () => {
      world.github.setWorkflows("acme/app", { lag: 0 });
      await here({ payload: ["text=theirs"] });
      world.advance({ conclusion: "success" });
    });
    expect(await failure(here({ payload: ["text=ours"], wait: true }, clock().options))).toMatchInlineSnapshot(
      `"conflict: find the run of QUAY_BUILD_SUCCESS of GITHUB/acme/app: it may be any of RUN2, RUN1 (name one workflow by --workflow, or a key of the payload by --correlation-key that its run-name shows)"`,
    );
  });

  test("a run that another account has started is not ours, though it is the only one", async () => {
    world.github.setWorkflows("acme/app", { lag: 1000 });
    world.github.before({ method: "GET", path: /actions\/runs$/ }, async () => {
      world.github.setWorkflows("acme/app", { lag: 0 });
      await here({ payload: ["text=theirs"], token: otherToken });
      world.advance({ conclusion: "success" });
    });
    expect(await failure(here({ payload: ["text=ours"], wait: true }, clock().options))).toMatchInlineSnapshot(
      `"not_found: find the run of QUAY_BUILD_SUCCESS of GITHUB/acme/app: no run of robot has appeared in 5 minutes, only those of others: RUN2 (let a workflow of the default branch listen to repository_dispatch of the type QUAY_BUILD_SUCCESS, and leave out its run-name or name a key by --correlation-key)"`,
    );
  });

  test("a token that does not tell whose it is takes the only run, and says that it may be another's", async () => {
    world.github.fail({ path: /graphql$/, status: 403, body: { message: "Resource not accessible by integration" }, times: 10 });
    const time = clock(...soon, () => world.advance({ conclusion: "success" }));
    expect(await here({ wait: true }, time.options)).toMatchObject({ run: { conclusion: "success" } });
    expect(time.told.map((each) => world.plain(each))).toMatchInlineSnapshot(`
      [
        "waiting for the run of QUAY_BUILD_SUCCESS of GITHUB/acme/app: it may be http://GITHUB/acme/app/actions/runs/RUN1",
        "GITHUB/acme/app: run RUN1 was found by its time alone: nobody tells whose the token is; --correlation-key makes sure that it is the right one",
        "waiting for run http://GITHUB/acme/app/actions/runs/RUN1: it is queued",
      ]
    `);
  });

  test("a key of the payload tells the run from others", async () => {
    const named = `run-name: image \${{ github.event.client_payload.id }}\n${quay}`;
    await world.github.commit("acme/app", { branch: "main", files: { ".github/workflows/quay.yml": named }, message: "Show the id" });
    await here({ correlationKey: "id" });
    const time = clock(() => world.advance({ conclusion: "success" }));
    expect(JSON.parse(world.plain(JSON.stringify(await here({ correlationKey: "id", wait: true }, time.options))))).toMatchObject({
      run: { id: "RUN2", conclusion: "success" },
    });
  });
});

describe("a run that was begun before", () => {
  test("a resumed run finds the run of its event, and makes no second event", async () => {
    const began = new Date();
    await here({ payload: ["text=42d4a62"] });
    const time = clock();
    const result = await here({ payload: ["text=42d4a62"] }, { resumed: true, began, report: time.options.report });
    expect(JSON.parse(world.plain(JSON.stringify(result)))).toMatchObject({ run: { id: "RUN1", conclusion: null } });
    expect(time.told.map((each) => world.plain(each))).toEqual([
      "GITHUB/acme/app: run RUN1 was found by its time and its account robot alone; --correlation-key makes sure that it is the right one",
    ]);
    expect(world.github.dispatched("acme/app")).toHaveLength(1);
  });

  test("a resumed run makes its event, though another account has started a run meanwhile", async () => {
    const began = new Date();
    await here({ payload: ["text=theirs"], token: otherToken });
    expect(await here({ payload: ["text=ours"] }, { resumed: true, began })).toMatchObject({ run: { id: null } });
    expect(world.github.dispatched("acme/app")).toHaveLength(2);
  });

  test("a resumed run that may not read runs makes the event, and says that it may be the second", async () => {
    const time = clock();
    world.github.fail({ method: "GET", path: /actions\/runs$/, status: 403, body: { message: "Resource not accessible by integration" } });
    await here({}, { resumed: true, report: time.options.report });
    expect(time.told.map((each) => world.plain(each))).toMatchInlineSnapshot(`
      [
        "GITHUB/acme/app: cannot tell whether this was dispatched before: list runs of workflows of GITHUB/acme/app: the token does not allow it (Resource not accessible by integration)",
      ]
    `);
    expect(world.github.dispatched("acme/app")).toHaveLength(1);
  });
});
