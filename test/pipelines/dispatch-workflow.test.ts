import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dispatchWorkflow, FairleadError } from "../../src/library.ts";
import { zipOf } from "../doubles/zip.ts";
import { clock, readerToken, startActions, type ActionsWorld } from "./actions.ts";

let world: ActionsWorld;
beforeEach(async () => {
  world = await startActions();
});
afterEach(() => world[Symbol.asyncDispose]());

const dispatch = (...args: readonly string[]) => ["dispatch-workflow", world.app, ...args];
const toDeploy = ["--workflow", "deploy.yaml", "--ref", "main", "--input", "environment=staging"];
const inputs = ["environment=staging"];
const failure = async (doing: Promise<unknown>): Promise<string> => {
  const error: unknown = await doing.then(
    () => "no error",
    (reason: unknown) => reason,
  );
  if (!(error instanceof FairleadError)) return String(error);
  return world.plain([`${error.code}: ${error.message} (${error.hint})`, ...error.output].join("\n"));
};
/** Returns the exit code, and what is said of the error. */
const refusal = async (...args: readonly string[]): Promise<string> => {
  const { code, stderr } = await world.run(...dispatch(...args));
  return world.plain(`${code} ${stderr.slice(stderr.indexOf("fairlead: ")).trim()}`);
};

describe("fairlead dispatch-workflow", () => {
  test("dispatch-workflow starts a workflow, and returns the run that GitHub names", async () => {
    const result = await world.json(...dispatch(...toDeploy, "--input", "version=1.4.3"));
    const [run] = world.github.workflowRuns("acme/app");
    expect(result).toEqual({
      repository: world.app,
      workflow: "deploy.yaml",
      ref: "main",
      run: { id: String(run?.id), url: `${world.github.url}/acme/app/actions/runs/${run?.id}`, conclusion: null },
      artifacts: [],
      outputs: {},
    });
    expect(world.github.dispatched("acme/app")).toEqual([
      { workflow: "deploy.yaml", ref: "main", inputs: { environment: "staging", version: "1.4.3" } },
    ]);
    expect(world.writes()).toEqual(["POST /repos/acme/app/actions/workflows/deploy.yaml/dispatches 200"]);
  });

  test("each call of dispatch-workflow starts the workflow again", async () => {
    await world.json(...dispatch(...toDeploy));
    await world.json(...dispatch(...toDeploy));
    expect(world.github.workflowRuns("acme/app")).toHaveLength(2);
  });

  test("a dry run of dispatch-workflow shows what would be started, and starts nothing", async () => {
    const printed = await world.json(...dispatch(...toDeploy, "--wait", "--dry-run"));
    expect(JSON.parse(world.plain(JSON.stringify(printed)))).toMatchInlineSnapshot(`
      {
        "plan": [
          {
            "changes": [
              {
                "action": "run",
                "target": "GITHUB/acme/app deploy.yaml",
                "to": "main environment=staging",
              },
            ],
            "diff": null,
            "key": "GITHUB/acme/app deploy.yaml main",
            "step": "dispatch-workflow",
          },
          {
            "changes": [],
            "diff": null,
            "key": "GITHUB/acme/app (known after it is started)",
            "step": "wait-for-workflow",
          },
        ],
        "result": {
          "artifacts": [],
          "outputs": {},
          "ref": "main",
          "repository": "GITHUB/acme/app",
          "run": {
            "conclusion": null,
            "id": null,
            "url": null,
          },
          "workflow": "deploy.yaml",
        },
      }
    `);
    expect(world.writes()).toEqual([]);
  });

  test("dispatch-workflow refuses what GitHub would refuse before it starts anything", async () => {
    const said = [
      await refusal("--workflow", "none.yaml", "--ref", "main"),
      await refusal("--workflow", "deploy.yaml", "--ref", "gone"),
      await refusal("--workflow", "lint.yaml", "--ref", "main"),
      await refusal("--workflow", "deploy.yaml", "--ref", "main", "--input", "enviroment=staging"),
      await refusal("--workflow", "deploy.yaml", "--ref", "main", "--input", "environment=stagin"),
      await refusal("--workflow", "deploy", "--ref", "main"),
      await refusal(...toDeploy, "--correlation-input", "environment"),
      await refusal(...Array.from({ length: 26 }, (_, at) => ["--input", `i${at}=1`]).flat(), "--workflow", "deploy.yaml", "--ref", "main"),
      await refusal(...toDeploy, "--input", `version=${"x".repeat(70_000)}`),
    ];
    world.github.setWorkflows("acme/app", { states: { "deploy.yaml": "disabled_manually" } });
    said.push(await refusal(...toDeploy));
    expect(said.join("\n")).toMatchInlineSnapshot(`
      "4 fairlead: read workflow none.yaml of GITHUB/acme/app: the default branch has no such workflow, or the token does not show it
      hint: name a file of .github/workflows, and use a token with actions: read
      4 fairlead: start workflow deploy.yaml of GITHUB/acme/app: there is no branch or tag gone
      hint: name one with --ref
      6 fairlead: start workflow lint.yaml of GITHUB/acme/app at main: the workflow has no workflow_dispatch
      hint: add workflow_dispatch to the workflow's on, on the default branch and on this one
      2 fairlead: start workflow deploy.yaml of GITHUB/acme/app at main: the workflow has no input "enviroment"; the workflow needs the input "environment"
      hint: did you mean environment?; give it with --input environment=VALUE
      2 fairlead: start workflow deploy.yaml of GITHUB/acme/app at main: the input "environment" cannot be "stagin"
      hint: environment: did you mean staging?
      2 fairlead: dispatch-workflow: --workflow: "deploy" is not the name of a workflow's file
      hint: name it without its folder, such as deploy.yaml
      2 fairlead: dispatch-workflow: --correlation-input: "environment" is given a value too
      hint: leave the value out: fairlead makes it
      2 fairlead: dispatch-workflow: --input: there are 26, and at most 25 are taken
      hint: run fairlead dispatch-workflow --help
      2 fairlead: dispatch-workflow: --input: they have 70038 characters, and at most 65535 are taken
      hint: run fairlead dispatch-workflow --help
      5 fairlead: start workflow deploy.yaml of GITHUB/acme/app: it is disabled manually
      hint: enable the workflow of the repository"
    `);
    expect(world.writes()).toEqual([]);
  });

  test("dispatch-workflow tells which permission a token lacks", async () => {
    const { code, stderr } = await world.run(...dispatch(...toDeploy), "--token", "env:GITHUB_TOKEN");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    world.github.fail({
      method: "POST",
      status: 403,
      headers: { "x-accepted-github-permissions": "actions=write" },
      body: { message: "Resource not accessible by integration", documentation_url: "https://docs.github.com/rest", status: "403" },
    });
    expect(await refusal(...toDeploy)).toMatchInlineSnapshot(`
      "3 fairlead: start workflow deploy.yaml of GITHUB/acme/app: the token does not allow it (Resource not accessible by integration)
      hint: use a token with actions: write (this run used GITHUB_TOKEN)"
    `);
  });

  test("a token that may only read starts no workflow", async () => {
    const doing = world.here(dispatchWorkflow, {
      workflow: "deploy.yaml",
      ref: "main",
      inputs,
      token: readerToken,
    });
    expect(await failure(doing)).toMatchInlineSnapshot(
      `"forbidden: start workflow deploy.yaml of GITHUB/acme/app: the token does not allow it (Resource not accessible by personal access token) (use a token with actions: write)"`,
    );
  });

  test("a dispatch whose answer is lost is sent once, and the error says that it may have been made", async () => {
    world.github.fail({ method: "POST", path: /dispatches$/, status: 502 });
    expect(await refusal(...toDeploy)).toMatchInlineSnapshot(`
      "75 fairlead: start workflow deploy.yaml of GITHUB/acme/app: GitHub answered 502
      hint: look whether it was started, then run it again"
    `);
    expect(world.writes()).toHaveLength(1);
  });
});

describe("--wait", () => {
  test("--wait returns conclusion and artifacts of the run, and tells what it does meanwhile", async () => {
    const time = clock(
      () => world.advance({ status: "in_progress" }),
      () => world.advance({ status: "waiting", environments: ["production"] }),
      () => world.advance({ status: "in_progress", attempt: 2 }),
      () => world.advance({ conclusion: "success", artifacts: [{ name: "disk", zip: new Uint8Array(7), digest: "sha256:1f" }] }),
    );
    const result = await world.here(dispatchWorkflow, { workflow: "deploy.yaml", ref: "main", inputs, wait: true }, time.options);
    expect(JSON.parse(world.plain(JSON.stringify(result)))).toMatchObject({
      run: { id: "RUN1", url: "http://GITHUB/acme/app/actions/runs/RUN1", conclusion: "success" },
      artifacts: [{ name: "disk", size: 7, digest: "sha256:1f" }],
    });
    expect(time.told.map((each) => world.plain(each))).toMatchInlineSnapshot(`
      [
        "waiting for run http://GITHUB/acme/app/actions/runs/RUN1: it is queued",
        "waiting for run http://GITHUB/acme/app/actions/runs/RUN1: it is in progress",
        "waiting for run http://GITHUB/acme/app/actions/runs/RUN1: it waits for the approval of environment production",
        "waiting for run http://GITHUB/acme/app/actions/runs/RUN1: it is in progress, attempt 2",
      ]
    `);
  });

  test("--outputs returns what the workflow tells in the file of an artifact", async () => {
    const artifacts = [
      { name: "disk", zip: new Uint8Array(7) },
      { name: "told", zip: zipOf({ "outputs.json": '{"image":"disk-1","zone":"a"}' }) },
    ];
    const time = clock(() => world.advance({ conclusion: "success", artifacts }));
    const given = { workflow: "deploy.yaml", ref: "main", inputs, wait: true, outputs: "told" };
    expect(await world.here(dispatchWorkflow, given, time.options)).toMatchObject({ outputs: { image: "disk-1", zone: "a" } });
  });

  test("--outputs finds its artifact behind 100 others, and takes that of the last attempt", async () => {
    const others = Array.from({ length: 120 }, (_, at) => ({ name: `report-${at}`, zip: new Uint8Array(7) }));
    const told = (image: string) => ({ name: "told", zip: zipOf({ "outputs.json": JSON.stringify({ image }) }) });
    const artifacts = [...others, told("attempt-1"), told("attempt-2")];
    const time = clock(() => world.advance({ conclusion: "success", artifacts }));
    const given = { workflow: "deploy.yaml", ref: "main", inputs, wait: true, outputs: "told" };
    const result = (await world.here(dispatchWorkflow, given, time.options)) as {
      readonly artifacts: readonly { readonly name: string }[];
    };
    expect(result).toMatchObject({ outputs: { image: "attempt-2" } });
    expect(result.artifacts.map(({ name }) => name)).toEqual(artifacts.map(({ name }) => name).toReversed());
  });

  test("a failed job behind 100 others is named", async () => {
    const others = Array.from({ length: 120 }, (_, at) => ({ name: `test (${at})`, conclusion: "success" }) as const);
    const failed = { name: "deploy", conclusion: "failure", failedStep: "push", log: "boom" } as const;
    const time = clock(() => world.advance({ conclusion: "failure", jobs: [...others, failed] }));
    const doing = world.here(dispatchWorkflow, { workflow: "deploy.yaml", ref: "main", inputs, wait: true }, time.options);
    expect(await failure(doing)).toMatchInlineSnapshot(`
      "workflow_failed: wait for run RUN1 of GITHUB/acme/app: it failed, in job deploy at step "push" (see http://GITHUB/acme/app/actions/runs/RUN1)
      boom"
    `);
  });

  test("outputs that are not there, or are no texts, are an error that says what they should be", async () => {
    const said: string[] = [];
    for (const text of [undefined, '{"count":1}', "[]", "{", "x".repeat(70_000)]) {
      const artifacts = text === undefined ? [] : [{ name: "told", zip: zipOf({ "outputs.json": text }) }];
      const time = clock(() => world.advance({ conclusion: "success", artifacts }));
      const given = { workflow: "deploy.yaml", ref: "main", inputs, wait: true, outputs: "told" };
      said.push((await failure(world.here(dispatchWorkflow, given, time.options))).replace(/artifact \d+/, "artifact ID"));
    }
    expect(said.join("\n")).toMatchInlineSnapshot(`
      "not_found: read artifact told of GITHUB/acme/app: the run has not uploaded it (let the workflow upload a JSON file as an artifact of this name)
      workflow_failed: read artifact told of GITHUB/acme/app: it is not a JSON object of texts (write it as {"NAME":"VALUE"})
      workflow_failed: read artifact told of GITHUB/acme/app: it is not a JSON object of texts (write it as {"NAME":"VALUE"})
      workflow_failed: read artifact told of GITHUB/acme/app: it is not a JSON object of texts (write it as {"NAME":"VALUE"})
      input: read artifact ID of GITHUB/acme/app: its file has more than 65536 bytes (undefined)"
    `);
  });

  test("a run that GitHub does not show at once is waited for", async () => {
    world.github.setWorkflows("acme/app", { lag: 2 });
    const time = clock(
      () => undefined,
      () => world.advance({ conclusion: "success" }),
    );
    const doing = world.here(dispatchWorkflow, { workflow: "deploy.yaml", ref: "main", inputs, wait: true }, time.options);
    expect(await doing).toMatchObject({ run: { conclusion: "success" } });
  });

  test("a workflow that fails names its job, its step and the last lines of its log", async () => {
    const lines = Array.from({ length: 30 }, (_, at) => `2026-11-30T12:00:00.0000000Z line ${at}`);
    const log = [
      ...lines,
      `2026-11-30T12:00:01.0000000Z \u001b[31mthe token is ghp_canary0123456789\u001b[0m\u202e`,
      "2026-11-30T12:00:02.0000000Z ##[error]Process completed with exit code 2.",
      "2026-11-30T12:00:03.0000000Z Post job cleanup.",
    ].join("\r\n");
    const end = { conclusion: "failure", jobs: [{ name: "lint", conclusion: "success" }, { name: "build", conclusion: "failure", failedStep: "npm test", log }] } as const; // prettier-ignore
    world.github.before({ method: "GET", path: /runs\/\d+$/ }, () => Promise.resolve(world.advance(end)));
    const { code, stdout, stderr } = await world.run(...dispatch(...toDeploy, "--wait"));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    const said = world.plain(stderr.slice(stderr.indexOf("  | ")));
    expect(said.split("\n").slice(-6).join("\n")).toMatchInlineSnapshot(`
      "  | line 29
        | the token is ***
        | error: Process completed with exit code 2.
      fairlead: wait for run RUN1 of GITHUB/acme/app: it failed, in job build at step "npm test"
      hint: see http://GITHUB/acme/app/actions/runs/RUN1
      "
    `);
    expect(said.match(/^ {2}\| /gm)).toHaveLength(20);
    expect(stderr).not.toMatch(/canary|\u001b|\u202e/);
  });

  test("each end of a workflow but success is an error in words", async () => {
    const said: string[] = [];
    for (const conclusion of ["cancelled", "timed_out", "startup_failure", "action_required", "stale", "failure"]) {
      const time = clock(() => world.advance({ conclusion }));
      said.push(await failure(world.here(dispatchWorkflow, { workflow: "deploy.yaml", ref: "main", inputs, wait: true }, time.options)));
    }
    expect(said.join("\n")).toMatchInlineSnapshot(`
      "workflow_failed: wait for run RUN1 of GITHUB/acme/app: it was canceled (see http://GITHUB/acme/app/actions/runs/RUN1)
      workflow_failed: wait for run RUN2 of GITHUB/acme/app: it took too long (see http://GITHUB/acme/app/actions/runs/RUN2)
      workflow_failed: wait for run RUN3 of GITHUB/acme/app: it could not start: its file may be wrong (see http://GITHUB/acme/app/actions/runs/RUN3)
      workflow_failed: wait for run RUN4 of GITHUB/acme/app: somebody has to approve it first (see http://GITHUB/acme/app/actions/runs/RUN4)
      workflow_failed: wait for run RUN5 of GITHUB/acme/app: it was given up (see http://GITHUB/acme/app/actions/runs/RUN5)
      workflow_failed: wait for run RUN6 of GITHUB/acme/app: it failed (see http://GITHUB/acme/app/actions/runs/RUN6)"
    `);
  });

  test("a log that is gone keeps no failure from being told", async () => {
    const jobs = [{ name: "build", conclusion: "failure" }] as const;
    const time = clock(() => world.advance({ conclusion: "failure", jobs }));
    expect(await failure(world.here(dispatchWorkflow, { workflow: "deploy.yaml", ref: "main", inputs, wait: true }, time.options))).toBe(
      "workflow_failed: wait for run RUN1 of GITHUB/acme/app: it failed, in job build (see http://GITHUB/acme/app/actions/runs/RUN1)",
    );
  });

  test("a workflow that takes longer than --timeout is an error with its state", async () => {
    const time = clock();
    const doing = world.here(dispatchWorkflow, { workflow: "deploy.yaml", ref: "main", inputs, wait: true, timeout: "1m" }, time.options);
    expect(await failure(doing)).toBe(
      "unavailable: wait for run http://GITHUB/acme/app/actions/runs/RUN1: not until TIME: it is queued (see how it ends on its own page, and give the next more time: to run this again starts the workflow again)",
    );
  });

  test("a stop while waiting tells that the workflow goes on", async () => {
    const running = world.start(...dispatch(...toDeploy, "--wait"));
    await running.printed("it is queued");
    running.stop("SIGINT");
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(world.plain(stderr)).toContain("the workflow goes on: http://GITHUB/acme/app/actions/runs/RUN1");
  });
});

describe("a server that does not name the run", () => {
  for (const details of ["unknown", "refused"] as const) {
    test(`the run is found by its time where a server that says ${details} does not name it`, async () => {
      world.github.setWorkflows("acme/app", { details, lag: 1 });
      const time = clock(...Array.from({ length: 4 }, () => () => undefined), () => world.advance({ conclusion: "success" }));
      const doing = world.here(dispatchWorkflow, { workflow: "deploy.yaml", ref: "main", inputs, wait: true }, time.options);
      expect(JSON.parse(world.plain(JSON.stringify(await doing)))).toMatchObject({ run: { id: "RUN1", conclusion: "success" } });
      expect(world.github.workflowRuns("acme/app")).toHaveLength(1);
      expect(time.told.map((each) => world.plain(each))).toContain(
        "GITHUB/acme/app: run RUN1 was found by its time and its account robot alone; --correlation-input makes sure that it is the right one",
      );
    });
  }

  test("a run is found by the input that its title shows, whoever else starts the workflow", async () => {
    world.github.setWorkflows("acme/app", { details: "unknown" });
    const given = { workflow: "bake.yaml", ref: "main", wait: true, correlationInput: "id" };
    const other = (): Promise<unknown> => world.here(dispatchWorkflow, { ...given, wait: false });
    world.github.before({ method: "GET", path: /workflows\/bake\.yaml\/runs$/ }, other);
    const time = clock(() => {
      const [first] = world.github.workflowRuns("acme/app");
      world.github.advanceRun("acme/app", first!.id, { conclusion: "success" });
    });
    const result = await world.here(dispatchWorkflow, given, time.options);
    expect(JSON.parse(world.plain(JSON.stringify(result)))).toMatchObject({ run: { id: "RUN1", conclusion: "success" } });
    expect(world.github.workflowRuns("acme/app").map(({ title }) => title.replace(/[0-9a-f]{16}/, "MARK"))).toEqual([
      "bake debian-13 MARK",
      "bake debian-13 MARK",
    ]);
  });

  test("a run that cannot be told from another is an error that says how", async () => {
    world.github.setWorkflows("acme/app", { details: "unknown" });
    const given = { workflow: "deploy.yaml", ref: "main", inputs, wait: true };
    world.github.before({ method: "GET", path: /deploy\.yaml\/runs$/ }, () => world.here(dispatchWorkflow, { ...given, wait: false }));
    expect(await failure(world.here(dispatchWorkflow, given, clock().options))).toMatchInlineSnapshot(
      `"conflict: find the run of deploy.yaml of GITHUB/acme/app: it may be any of RUN2, RUN1 (name an input by --correlation-input, and show it in the workflow's run-name)"`,
    );
  });

  test("a run that never appears is an error after five minutes", async () => {
    world.github.setWorkflows("acme/app", { details: "unknown", lag: 1000 });
    const given = { workflow: "deploy.yaml", ref: "main", inputs, wait: true };
    expect(await failure(world.here(dispatchWorkflow, given, clock().options))).toMatchInlineSnapshot(
      `"not_found: find the run of deploy.yaml of GITHUB/acme/app: no run has appeared in 5 minutes (see whether the repository may run workflows)"`,
    );
  });
});

describe("a run that was begun before", () => {
  test("a resumed run finds what it has started, and does not start it again", async () => {
    const began = new Date();
    await world.json(...dispatch(...toDeploy));
    const options = { resumed: true, began };
    const result = await world.here(dispatchWorkflow, { workflow: "deploy.yaml", ref: "main", inputs }, options);
    expect(JSON.parse(world.plain(JSON.stringify(result)))).toMatchObject({ run: { id: "RUN1" } });
    expect(world.github.workflowRuns("acme/app")).toHaveLength(1);
  });

  test("a resumed run starts what it has not started", async () => {
    await world.here(dispatchWorkflow, { workflow: "deploy.yaml", ref: "main", inputs }, { resumed: true });
    expect(world.github.workflowRuns("acme/app")).toHaveLength(1);
  });

  test("a resumed run that cannot tell which run is its own starts none", async () => {
    const began = new Date();
    await world.json(...dispatch(...toDeploy));
    await world.json(...dispatch(...toDeploy));
    const time = clock();
    const result = await world.here(
      dispatchWorkflow,
      { workflow: "deploy.yaml", ref: "main", inputs },
      { resumed: true, began, report: time.options.report },
    );
    expect(result).toMatchObject({ run: { id: null } });
    expect(time.told.map((each) => world.plain(each))).toEqual([
      "GITHUB/acme/app: one of the runs RUN2, RUN1 was started before: it is not started again",
    ]);
    expect(world.github.workflowRuns("acme/app")).toHaveLength(2);
  });
});
