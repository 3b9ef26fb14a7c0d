import { afterAll, beforeAll, expect, test } from "vitest";
import { FairleadError } from "../../src/core/errors.ts";
import type { Images } from "../../src/core/registry/images.ts";
import type { Registry, RegistryCapabilities } from "../../src/core/registry/registry.ts";
import type { RepositoryState } from "../../src/core/registry/repository-settings.ts";
import { examineRegistry } from "../../src/doctor/registry.ts";
import { generic } from "../../src/registries/generic.ts";
import { createImages } from "../../src/registries/oci.ts";
import { registryOptions } from "../adapter-options.ts";
import { startRegistry, type Registry as Running } from "../doubles/registry.ts";

let running: Running;
let images: Images;
const login = { username: "AWS", password: { name: "ECR", reveal: () => Promise.resolve("canary") } };
beforeAll(async () => {
  running = await startRegistry({ users: { AWS: "canary" } });
  images = createImages({ ...registryOptions(), delay: () => Promise.resolve(), login: () => Promise.resolve(login) });
});
afterAll(() => running.stop());

/** Returns a registry of which nothing more is known. */
function plain(): Registry {
  return { ...generic.create(registryOptions()), name: generic.name, capabilities: generic.capabilities };
}

/** Returns what is found of a check at a registry that has also this of its own. */
async function find(check: string, own: Partial<Registry>): Promise<string | undefined> {
  const registry: Registry = { ...plain(), ...own };
  const { findings } = await examineRegistry({ images, registry: () => registry }, { registry: running.host, repository: "acme/app" });
  const found = findings.find((each) => each.check === check);
  return found && [found.verdict, found.detail, ...(found.advice === null ? [] : [found.advice])].join(" | ");
}

/** Returns a registry that knows how its repositories are set up. */
function withRepository(state: Partial<RepositoryState> | undefined): Partial<Registry> {
  const never = () => Promise.reject(new Error("nothing may be changed"));
  return { repository: { read: () => Promise.resolve(state as RepositoryState | undefined), create: never, update: never } };
}

function withCapabilities(capabilities: Partial<RegistryCapabilities>): Partial<Registry> {
  return { capabilities: { ...generic.capabilities, ...capabilities } };
}

test("the identity is the provider's answer, or else the login", async () => {
  const arn = "arn:aws:sts::123456789012:assumed-role/ci/run";
  const identity = () => Promise.resolve({ account: "123456789012", arn, source: "the role of AWS_ROLE_ARN" });
  expect(await find("authenticated", { identity })).toBe(`yes | as ${arn}, by the role of AWS_ROLE_ARN`);
  expect(await find("authenticated", { identity: () => Promise.reject(new Error("no way")) })).toBe("yes | as AWS, by ECR");
});

test.each([
  [{ tagMutability: "IMMUTABLE", tagMutabilityExclusions: [] }, "yes | IMMUTABLE"],
  [
    { tagMutability: "IMMUTABLE_WITH_EXCLUSION", tagMutabilityExclusions: ["latest", "dev-*"] },
    "yes | IMMUTABLE_WITH_EXCLUSION, except latest dev-*",
  ],
  [{ tagMutability: "MUTABLE", tagMutabilityExclusions: [] }, "no | MUTABLE"],
  [undefined, "unknown | the repository does not exist yet"],
])("a repository %j has immutable tags: %s", async (state, expected) => {
  expect(await find("immutable tags", withRepository(state))).toBe(expected);
});

test.each([
  ["no", "no | by the registry's documentation; the registry's protocol does not say it"],
  ["setting", "unknown | it depends on a setting; the registry's protocol does not say it | see the repository's page at the registry"],
  ["unknown", "unknown | the registry's protocol does not say it | see the repository's page at the registry"],
] as const)("a check that cannot be tried and is %j by the documentation says so", async (immutableTags, expected) => {
  expect(await find("immutable tags", withCapabilities({ immutableTags }))).toBe(expected);
});

test("an optional check may fail without stopping the others", async () => {
  const slow = () => Promise.reject(new FairleadError("unavailable", "list referrers: answered 503"));
  const of = { registry: running.host, repository: "acme/app" };
  const { findings, failure } = await examineRegistry({ images: { ...images, servesReferrers: slow }, registry: plain }, of);
  expect(failure).toBeUndefined();
  expect(findings.map(({ check, verdict }) => `${check}: ${verdict}`).slice(3, 6)).toEqual([
    "may push: yes",
    "referrers API: unknown",
    "mounts blobs: unknown",
  ]);
});
