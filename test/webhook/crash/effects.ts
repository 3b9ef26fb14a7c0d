/** What runs have done outside: each effect once. Each returns what is wrong. */
import type { DeployResult } from "../../../src/pipelines/deploy.ts";
import type { StoredRun } from "../../../webhook/store.ts";
import { ociManifest } from "../../registries/content.ts";
import { isAccepted, type Traffic } from "./traffic.ts";
import type { World } from "./world.ts";

/** One message for each run that has succeeded, and no two of any. */
export function messages({ doubles }: World, { deliveries }: Traffic, runs: readonly StoredRun[]): readonly string[] {
  const posted = Map.groupBy(doubles.slack.messages, ({ text }) => /[0-9a-f]{40}/.exec(text)?.[0] ?? text);
  const succeeded = new Set(runs.filter(({ state }) => state === "succeeded").map(({ event }) => ("commit" in event ? event.commit : "")));
  return deliveries.flatMap(({ id, kind, mark }) => {
    if (kind === "tag" || kind === "deploy") return [];
    const count = posted.get(mark)?.length ?? 0;
    return count > 1 || (succeeded.has(mark) && count === 0) || (kind === "poison" && count > 0) ? [`${id} has ${count} messages`] : [];
  });
}

/** Each tag that was to be given is there, on the right digest. */
export async function tags({ doubles }: World, { deliveries }: Traffic): Promise<readonly string[]> {
  const digestOf = async (tag: string): Promise<string | null> => {
    const address = `${doubles.registry.url}/v2/acme/web/manifests/${tag}`;
    return (await fetch(address, { method: "HEAD", headers: { accept: ociManifest } })).headers.get("docker-content-digest");
  };
  const right = await digestOf("1.2.0");
  const given = deliveries.filter((each) => each.kind === "tag" && isAccepted(each));
  const found = given.map(async ({ mark }) => {
    const digest = await digestOf(mark);
    return digest === right ? [] : [`tag ${mark} is ${digest}, not ${right}`];
  });
  return (await Promise.all(found)).flat();
}

/** One pull request for each image that was to be deployed; the newest alone is open. */
export function pullRequests({ doubles }: World, { deliveries }: Traffic, runs: readonly StoredRun[]): readonly string[] {
  const pulls = doubles.flux.github.pulls("acme/flux");
  const deployed = runs.filter((run) => run.pipeline === "deploy" && run.state === "succeeded").toSorted((a, b) => a.fence - b.fence);
  const numbers = deployed.map(({ result }) => (result as unknown as DeployResult).pullRequest?.number);
  const open = pulls.filter(({ state }) => state === "open").map(({ number }) => number);
  const asked = deliveries.filter(({ kind }) => kind === "deploy").length;
  if (asked === 0) return [];
  return [
    ...(new Set(numbers).size === numbers.length && !numbers.includes(undefined) ? [] : [`runs share pull requests: ${numbers.join()}`]),
    ...(pulls.length >= numbers.length && pulls.length <= asked ? [] : [`${pulls.length} pull requests for ${numbers.length} runs`]),
    ...(open.join() === numbers.slice(-1).join() ? [] : [`open are ${open.join()}, not ${numbers.at(-1)}`]),
  ];
}
