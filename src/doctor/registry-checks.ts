import { type ImageRef, formatImageRepository } from "../core/image/image.ts";
import type { Images } from "../core/registry/images.ts";
import type { Capability, Registry, RegistryLogin } from "../core/registry/registry.ts";

/** The answer of a check. */
export interface CheckAnswer {
  readonly verdict: "yes" | "no" | "unknown";
  readonly detail: string;
  readonly advice?: string | undefined;
}

/** One question to a registry. */
export interface Check {
  readonly name: string;
  /** True if builds and retags need it. */
  readonly needed: boolean;
  /** The checks that must answer yes before it is tried. */
  readonly after: readonly string[];
  /** Throws the registry's refusal. */
  ask(images: Images, image: ImageRef, registry: Registry): Promise<CheckAnswer>;
}

/** All checks, each after those that it needs. */
export const checks: readonly Check[] = [
  {
    name: "reachable",
    needed: true,
    after: [],
    ask: async (images, image) => yes((await images.probe.reach(image)) === "https" ? "over TLS" : "by plain HTTP"),
  },
  {
    name: "authenticated",
    needed: true,
    after: ["reachable"],
    ask: async (images, image, registry) => yes(await describeLogin(await images.probe.logIn(image), image, registry)),
  },
  {
    name: "may pull",
    needed: true,
    after: ["authenticated"],
    ask: async (images, image) => yes((await images.probe.pull(image)) ? "the repository exists" : "the repository does not exist yet"),
  },
  {
    name: "may push",
    needed: true,
    after: ["authenticated"],
    async ask(images, image) {
      await images.checkPush(image);
      return yes("an upload was started and canceled");
    },
  },
  {
    name: "referrers API",
    needed: false,
    after: ["may pull"],
    async ask(images, image) {
      if (await images.servesReferrers(image)) return yes("signatures and SBOMs are found by their subject");
      return { verdict: "no", detail: "signatures and SBOMs are found by a tag, sha256-…, which fairlead keeps" };
    },
  },
  {
    name: "mounts blobs",
    needed: false,
    after: ["may pull", "may push"],
    async ask(images, image, { capabilities }) {
      const mounts = await images.probe.mount(image);
      if (mounts === undefined) return documented(capabilities.mount, "there is no image to try it with", "push one, and check again");
      if (mounts) return yes("a copy within the registry moves no bytes");
      return {
        verdict: "no",
        detail: "a copy to another repository moves its bytes",
        advice: settingAdvice(capabilities.mount, "blob mounting"),
      };
    },
  },
  { name: "immutable tags", needed: false, after: ["authenticated"], ask: immutableTags },
  { name: "creates on push", needed: false, after: ["may push"], ask: createsOnPush },
];

function yes(detail: string): CheckAnswer {
  return { verdict: "yes", detail };
}

/** Returns our identity at the registry, and where the login came from. */
async function describeLogin(login: RegistryLogin | undefined, image: ImageRef, registry: Registry): Promise<string> {
  if (login === undefined) return "anonymous: there is no login, or the registry asked for none";
  const known = await registry.identity?.(image).catch(() => undefined);
  if (known !== undefined) return `as ${known.arn}, by ${known.source}`;
  const who = login.username === "" ? "an identity token" : login.username;
  return `as ${who}, by ${login.password.name}`;
}

async function immutableTags(_: Images, image: ImageRef, { capabilities, repository }: Registry): Promise<CheckAnswer> {
  if (repository === undefined)
    return documented(capabilities.immutableTags, "the registry's protocol does not say it", "see the repository's page at the registry");
  const state = await repository.read(image);
  if (state?.tagMutability == null) return { verdict: "unknown", detail: "the repository does not exist yet" };
  const exclusions = state.tagMutabilityExclusions.length === 0 ? "" : `, except ${state.tagMutabilityExclusions.join(" ")}`;
  return { verdict: state.tagMutability.startsWith("IMMUTABLE") ? "yes" : "no", detail: `${state.tagMutability}${exclusions}` };
}

/** A push that a missing repository takes makes it. One that is there cannot tell. */
async function createsOnPush(images: Images, image: ImageRef, { capabilities }: Registry): Promise<CheckAnswer> {
  if (!(await images.probe.pull(image))) return yes(`${formatImageRepository(image)} would be created`);
  return documented(capabilities.createsOnPush, "the repository exists already", "check a repository that does not exist");
}

function documented(ability: Capability, why: string, advice: string): CheckAnswer {
  if (ability === "yes" || ability === "no") return { verdict: ability, detail: `by the registry's documentation; ${why}` };
  return { verdict: "unknown", detail: ability === "setting" ? `it depends on a setting; ${why}` : why, advice };
}

function settingAdvice(ability: Capability, setting: string): string | undefined {
  return ability === "setting" ? `turn ${setting} on at the registry` : undefined;
}
