import { z } from "zod";
import { readDockerfile, readInstructions, type Dockerfile, type Instruction } from "./dockerfile.ts";
import { readHealthcheck } from "./healthcheck.ts";
import { readWords } from "./words.ts";

/** Fields of an image's configuration that Docker adds to OCI's: https://github.com/moby/docker-image-spec/blob/main/spec.md */
const settings = z.object({
  Healthcheck: z.looseObject({}).nullish(),
  OnBuild: z.array(z.string()).nullish(),
  Shell: z.array(z.string()).nullish(),
});
const configuration = z.object({ config: settings.nullish() });

/** The settings of an image by HEALTHCHECK, ONBUILD and SHELL, in the form of its configuration. */
export type ImageSettings = z.output<typeof settings>;

/** What a build was made of, as far as it decides the base image. */
export interface BuiltFrom {
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly platform: string;
}

/** Returns the settings of a base image for a platform. */
export type ReadBase = (image: string, platform: string) => Promise<ImageSettings>;

/** Returns the settings that an image's configuration has. */
export function readSettings(content: unknown): ImageSettings {
  const { data } = configuration.safeParse(content);
  return Object.fromEntries(Object.entries(data?.config ?? {}).filter(([, value]) => value !== null && value !== undefined));
}

/** Returns the settings that the image of a Dockerfile is to have: those of its base image, then its own. */
export async function settingsOf(from: BuiltFrom, readBase: ReadBase): Promise<ImageSettings> {
  const file = readDockerfile(from.dockerfile);
  const stage = stageOf(file, from.target?.toLowerCase(), file.stages.length);
  return stage === undefined ? {} : await settingsOfStage(file, stage, from, readBase);
}

/** Returns the index of a stage by its name or number among the first ones; of the last one without a name. */
function stageOf({ stages }: Dockerfile, name: string | undefined, before: number): number | undefined {
  if (name === undefined) return stages.length === 0 ? undefined : stages.length - 1;
  const named = stages.slice(0, before).findLastIndex((stage) => stage.name === name);
  if (named >= 0) return named;
  return /^\d+$/.test(name) && Number(name) < before ? Number(name) : undefined;
}

async function settingsOfStage(file: Dockerfile, index: number, built: BuiltFrom, readBase: ReadBase): Promise<ImageSettings> {
  const stage = file.stages[index];
  if (stage === undefined) return {};
  const variables = variablesOf(file, built);
  const from = expand(stage.from, variables);
  const earlier = stageOf(file, from.toLowerCase(), index);
  const inherited =
    earlier !== undefined
      ? await settingsOfStage(file, earlier, built, readBase)
      : from === "scratch"
        ? {}
        : await readBase(from, expand(stage.platform ?? built.platform, variables));
  // the triggers of the base run before all else, and are no longer there
  const { OnBuild: triggers, ...rest } = inherited;
  return [...(triggers ?? []).flatMap(readInstructions), ...stage.instructions].reduce(follow, rest);
}

function follow(before: ImageSettings, { name, text }: Instruction): ImageSettings {
  if (name === "ONBUILD") return { ...before, OnBuild: [...(before.OnBuild ?? []), text] };
  if (name === "HEALTHCHECK") return { ...before, Healthcheck: readHealthcheck(text) ?? before.Healthcheck };
  const shell = name === "SHELL" ? readWords(text) : undefined;
  return shell === undefined ? before : { ...before, Shell: shell };
}

/** The longest value of a variable, in characters: a reference to an image is shorter. */
const longestValue = 4096;

/** The variables that a FROM may have: https://docs.docker.com/reference/dockerfile/#scope */
function variablesOf({ args }: Dockerfile, { buildArgs, platform }: BuiltFrom): ReadonlyMap<string, string> {
  const [os = "", architecture = "", variant = ""] = platform.split("/");
  const variables = new Map([
    ["TARGETPLATFORM", platform],
    ["TARGETOS", os],
    ["TARGETARCH", architecture],
    ["TARGETVARIANT", variant],
  ]);
  for (const { text } of args.filter(({ name }) => name === "ARG")) {
    for (const [, name = "", value = ""] of text.matchAll(/([A-Za-z_]\w*)(?:=("[^"]*"|'[^']*'|\S*))?/g)) {
      const given = buildArgs[name] ?? expand(value.replace(/^(["'])(.*)\1$/, "$2"), variables);
      variables.set(name, given.slice(0, longestValue)); // each could be twice the one before
    }
  }
  return variables;
}

/** https://docs.docker.com/reference/dockerfile/#environment-replacement */
function expand(text: string, variables: ReadonlyMap<string, string>): string {
  const reference = /\$(?:(\w+)|\{(\w+)(?::?([-+])((?:[^{}]|\$\{[^{}]*\})*))?\})/g;
  return text.replace(reference, (_whole, plain?: string, braced?: string, sign?: string, word?: string) => {
    const value = variables.get(plain ?? braced ?? "") ?? "";
    if (sign === "+") return value === "" ? "" : expand(word ?? "", variables);
    return value === "" && sign === "-" ? expand(word ?? "", variables) : value;
  });
}
