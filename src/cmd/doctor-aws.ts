import { z } from "zod";
import { adapters, kindsAt, registryFields } from "../adapters.ts";
import { asFairleadError, FairleadError } from "../core/errors.ts";
import { image } from "../core/run/input.ts";
import { parseInput } from "../core/run/pipeline.ts";
import type { NeededPolicy, RegistryKind } from "../core/registry/registry-kind.ts";
import type { RegistryIdentity } from "../core/registry/registry.ts";
import type { CommandBody, Output } from "./command.ts";
import { failureJson, failureOf } from "./failure.ts";
import { fieldsOf } from "../core/run/fields.ts";
import { inputOf } from "./run-pipeline.ts";

/** The kind of registry whose policies this command prints. */
const kind: RegistryKind | undefined = adapters.registries.find(({ policies }) => policies !== undefined);

const input = z.object({
  image: image().describe("repository whose access is checked, as REGISTRY/REPOSITORY").meta({ positional: 1 }),
  ...registryFields,
  ...(kind?.policies?.fields as Readonly<Record<never, z.ZodType>> | undefined),
});

const permissions = ["registry:pull", "registry:push", "registry:create"] as const;

/** `fairlead doctor aws`: who we are at AWS, and the policies that a role needs. They are printed where nobody is anybody yet, too. */
export const doctorAwsBody: CommandBody = {
  flags: fieldsOf(input),
  async run(session, given) {
    const values = parseInput("doctor", input, await inputOf({ name: "doctor", input }, doctorAwsBody.flags, given, session));
    const { openRun } = await import("../wire.ts");
    await using open = openRun({ ...session, dryRun: true });
    const { options } = open;
    const { registry: host } = values.image;
    if (kind?.policies === undefined || kindsAt(options.servers).registry(host) !== kind) {
      throw new FairleadError("input", `doctor: ${host} is no registry of ECR`, {
        hint: "give a repository such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app",
      });
    }
    const scope = { session: `fairlead-${options.id}`, images: [values.image], hosts: [], needs: permissions, input: values };
    const asked = await Promise.allSettled([options.ports([], scope).registry(host).identity?.(values.image)]);
    const [who] = asked;
    const identity = who.status === "fulfilled" ? who.value : undefined;
    const ask = { image: values.image, permissions, input: values, identity, env: session.io.env };
    const needed = kind.policies.list({ ...ask, settings: options.servers.settings[kind.name] });
    return outputOf(identity, who.status === "rejected" ? asFairleadError(who.reason) : undefined, needed);
  },
};

function outputOf(identity: RegistryIdentity | undefined, failure: FairleadError | undefined, needed: readonly NeededPolicy[]): Output {
  const shown = failure === undefined ? undefined : failureOf(failure, "doctor", []);
  const advice = typeof shown?.hint === "string" ? [`→ ${shown.hint}`] : [];
  const who =
    identity === undefined ? `nobody: ${failure?.message ?? ""}` : `${identity.arn} in account ${identity.account}, by ${identity.source}`;
  const blocks = needed.flatMap(({ title, advice, policy }) => ["", title, `→ ${advice}`, ...JSON.stringify(policy, null, 2).split("\n")]);
  const error = shown === undefined ? null : failureJson(shown).error;
  return {
    json: { identity: identity === undefined ? null : { ...identity }, policies: needed.map((each) => ({ ...each })), error },
    text: [`who we are: ${who}`, ...advice, ...blocks],
    ...(failure === undefined ? {} : { failure, tellsFailure: true }),
  };
}
