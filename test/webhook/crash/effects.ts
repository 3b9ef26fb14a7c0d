/** What runs have done outside: each effect once. Each returns what is wrong. */
import type { DeployResult } from "../../../src/pipelines/deploy.ts";
import type { ShipResult } from "../../../src/pipelines/ship.ts";
import type { StoredRun } from "../../../webhook/store.ts";
import { ociIndex, ociManifest } from "../../registries/content.ts";
import type { Doubles } from "./doubles.ts";
import { isAccepted, type Traffic } from "./traffic.ts";
import type { World } from "./world.ts";

/** One message for each run that has succeeded, and no two of any. */
export function messages({ doubles }: World, { deliveries }: Traffic, runs: readonly StoredRun[]): readonly string[] {
  const posted = Map.groupBy(doubles.slack.messages, ({ text }) => /[0-9a-f]{40}/.exec(text)?.[0] ?? text);
  const succeeded = new Set(runs.filter(({ state }) => state === "succeeded").map(({ event }) => ("commit" in event ? event.commit : "")));
  return deliveries.flatMap(({ id, kind, mark }) => {
    if (kind === "tag" || kind === "deploy" || kind === "ship") return [];
    const count = posted.get(mark)?.length ?? 0;
    return count > 1 || (succeeded.has(mark) && count === 0) || (kind === "poison" && count > 0) ? [`${id} has ${count} messages`] : [];
  });
}

/** Each tag that was to be given is there, on the right digest. */
export async function tags({ doubles }: World, { deliveries }: Traffic): Promise<readonly string[]> {
  const right = await digestOf(doubles, "1.2.0");
  const given = deliveries.filter((each) => each.kind === "tag" && isAccepted(each));
  const found = given.map(async ({ mark }) => {
    const digest = await digestOf(doubles, mark);
    return digest === right ? [] : [`tag ${mark} is ${digest}, not ${right}`];
  });
  return (await Promise.all(found)).flat();
}

async function digestOf({ registry }: Doubles, tag: string): Promise<string | null> {
  const accept = `${ociManifest}, ${ociIndex}`;
  const answer = await fetch(`${registry.url}/v2/acme/web/manifests/${tag}`, { method: "HEAD", headers: { accept } });
  return answer.headers.get("docker-content-digest");
}

/** One tag, one pull request and one message for each commit that was shipped. */
export async function ships({ doubles }: World, { deliveries }: Traffic, runs: readonly StoredRun[]): Promise<readonly string[]> {
  const found = deliveries
    .filter((each) => each.kind === "ship" && isAccepted(each))
    .map(async ({ mark }) => {
      const tag = `sha-${mark.slice(0, 12)}`;
      const results = runs.flatMap(({ event, result }) =>
        "commit" in event && event.commit === mark ? [result as unknown as ShipResult] : [],
      );
      const pulls = doubles.flux.github.pulls("acme/flux").filter(({ title, body }) => `${title}\n${body}`.includes(tag));
      const seen = {
        digest: await digestOf(doubles, tag),
        pulls: pulls.map(({ number }) => number),
        messages: doubles.slack.messages.filter(({ text }) => text.includes(tag)).length,
      };
      const told = { digest: results[0]?.build.digest, pulls: results.map(({ deploy }) => deploy.pullRequest?.number), messages: 1 };
      return JSON.stringify(seen) === JSON.stringify(told)
        ? []
        : [`${mark} has come to ${JSON.stringify(seen)}, not ${JSON.stringify(told)}`];
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
