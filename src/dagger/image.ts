import type { Container, Directory, Platform, Secret as DaggerSecret } from "@dagger.io/dagger";
import { buildIdentity, identityLabel, type Build } from "../core/image/build.ts";
import { formatRepository, repositoryPage } from "../core/git/repository.ts";
import type { Secret } from "../core/secret.ts";
import type { Source } from "./clone.ts";
import { trim } from "../core/text/trim.ts";

/** The inputs of a Dockerfile build, beside its files. */
export interface ImageInput {
  /** A folder of the source, without slashes at its ends; empty for the whole. */
  readonly context: string;
  /** Below `context`. */
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Empty: the engine's own platform. */
  readonly platforms: readonly string[];
}

/** Returns the build of a source's Dockerfile, with OCI's labels and annotations for source, revision, version and time. */
export function imageOf(source: Source, input: ImageInput, secrets: Readonly<Record<string, Secret>>, version: string | undefined): Build {
  const { commit } = source;
  const context = joinPath(source.prefix, input.context);
  const identity = commit && buildIdentity({ ...input, context, repository: formatRepository(commit.repository), commit: commit.sha });
  const labels = imageLabels(source, version, identity);
  return {
    name: source.name,
    identity,
    notClean: commit === undefined ? (source.notClean?.notClean ?? "it is no commit") : undefined,
    annotations: labels,
    recipe: {
      target: input.target,
      buildArgs: input.buildArgs,
      platforms: input.platforms,
      path: input.dockerfile,
      file: joinPath(context, input.dockerfile),
      dockerfile: async (dag) =>
        contextOf(await source.directory(dag), input)
          .file(input.dockerfile)
          .contents(),
    },
    async containers(dag) {
      const ids = await Promise.all(Object.entries(secrets).map(async ([id, secret]) => dag.setSecret(id, await secret.reveal())));
      return platformContainers(await source.directory(dag), input, ids).map((container) => withLabels(container, labels));
    },
  };
}

/** Returns one lazy container for each platform. The names of the secrets are the ids for `RUN --mount=type=secret`. */
export function platformContainers(source: Directory, input: ImageInput, secrets: readonly DaggerSecret[]): readonly Container[] {
  const platforms = input.platforms.length === 0 ? [undefined] : input.platforms;
  const directory = contextOf(source, input);
  return platforms.map((platform) =>
    directory.dockerBuild({
      dockerfile: input.dockerfile,
      buildArgs: Object.entries(input.buildArgs).map(([name, value]) => ({ name, value })),
      secrets: [...secrets],
      ...(input.target === undefined ? {} : { target: input.target }),
      ...(platform === undefined ? {} : { platform: platform as Platform }),
    }),
  );
}

function contextOf(source: Directory, { context }: ImageInput): Directory {
  return context === "" ? source : source.directory(context);
}

/**
 * Returns the labels of OCI's image specification ("Pre-Defined Annotation Keys").
 * `created` is the commit's date, so that a second build has the same.
 */
function imageLabels({ commit }: Source, version: string | undefined, identity: string | undefined): Readonly<Record<string, string>> {
  const prefix = "org.opencontainers.image";
  const labels = {
    [`${prefix}.source`]: commit && repositoryPage(commit.repository),
    [`${prefix}.revision`]: commit?.sha,
    [`${prefix}.version`]: version,
    [`${prefix}.created`]: commit?.date,
    [identityLabel]: identity,
  };
  return Object.fromEntries(Object.entries(labels).filter((label): label is [string, string] => label[1] !== undefined));
}

function withLabels(container: Container, labels: Readonly<Record<string, string>>): Container {
  return Object.entries(labels).reduce((labelled, [name, value]) => labelled.withLabel(name, value).withAnnotation(name, value), container);
}

function joinPath(...parts: readonly string[]): string {
  return parts
    .map((part) => trim(part, "/"))
    .filter((part) => part !== "")
    .join("/");
}
