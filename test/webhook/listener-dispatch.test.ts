import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startActions, token, type ActionsWorld } from "../pipelines/actions.ts";
import { startListener, type Listener, type Sent } from "./listener.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

let world: ActionsWorld;
let listener: Listener;
const digest = `sha256:${"ab".repeat(32)}`;

beforeAll(async () => {
  world = await startActions();
  const repository = `${world.github.url}/acme/app`;
  const payload = { text: "${{ event.commit | short }}", digest: "${{ event.digest }}", tags: "${{ event.tags }}" };
  const inputs = { environment: "staging", version: "${{ event.commit | short }}" };
  listener = await startListener(
    {
      credentials: { [world.github.host]: { token: "env:GIT_TOKEN" } },
      servers: { github: { url: world.github.url, api: world.github.apiUrl } },
      routes: [
        {
          name: "quay",
          when: { source: "ci", kind: "image-build", image: "quay.io/acme/app", state: "succeeded" },
          run: "dispatch-repository",
          with: { repository, event: "QUAY_BUILD_SUCCESS", payload },
        },
        {
          name: "deploy",
          when: { source: "ci", kind: "push", repository: world.app, branch: "main" },
          policy: "every",
          run: "dispatch-workflow",
          with: { repository, workflow: "deploy.yaml", ref: "main", inputs, wait: true },
        },
      ],
      workers: { count: 2 },
    },
    { GIT_TOKEN: token },
  );
});
afterAll(async () => {
  await listener[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const built = (id: string): Sent => ({
  ...{ kind: "image-build", id, image: "quay.io/acme/app", tags: ["1.4.3", "latest"], digest: digest as `sha256:${string}` },
  ...{ repository: world.app, ref: "refs/heads/main", commit: "42d4a62".padEnd(40, "0"), state: "succeeded" },
});

/** Delivers an event under an id, and returns the run that it makes. */
async function runOf(event: Sent, id: string): Promise<string> {
  const { status, body } = await listener.deliver(event, { id });
  expect(status).toBe(202);
  return (body as { runs: readonly string[] }).runs[0]!;
}

test("a build that is delivered three times, once after a restart, is dispatched once", async () => {
  const { result } = await listener.run(await runOf(built("build-1"), "delivery-1"), "succeeded");
  expect((await listener.run(await runOf(built("build-1"), "delivery-2"), "succeeded")).result).toEqual(result);
  await listener.restart();
  expect((await listener.run(await runOf(built("build-1"), "delivery-3"), "succeeded")).result).toEqual(result);
  expect(world.github.dispatched("acme/app")).toEqual([
    { event_type: "QUAY_BUILD_SUCCESS", client_payload: { text: "42d4a62", digest, tags: "1.4.3,latest" } },
  ]);
});

test("a run that waits for a workflow goes on after a restart, by the event of the workflow's end", async () => {
  const commit = "c0ffee".padEnd(40, "0");
  const id = await runOf({ kind: "push", repository: world.app, branch: "main", commit, before: null }, "delivery-4");
  await listener.run(id, "waiting");
  await listener.restart();
  const [started, ...others] = world.github.workflowRuns("acme/app").filter(({ workflow }) => workflow === "deploy.yaml");
  expect(others).toEqual([]);
  world.github.advanceRun("acme/app", started!.id, { conclusion: "success" });
  const about = { kind: "workflow", repository: world.app, id: String(started!.id), name: "Deploy", commit: started!.sha } as const;
  await listener.deliver({ ...about, state: "completed", conclusion: "success" }, { id: "delivery-5" });
  expect((await listener.run(id, "succeeded")).result).toEqual({
    repository: world.app,
    workflow: "deploy.yaml",
    ref: "main",
    run: { id: String(started!.id), url: `${world.github.url}/acme/app/actions/runs/${started!.id}`, conclusion: "success" },
    artifacts: [],
    outputs: {},
  });
  expect(world.github.dispatched("acme/app").slice(1)).toEqual([
    { workflow: "deploy.yaml", ref: "main", inputs: { environment: "staging", version: "c0ffee0" } },
  ]);
});
