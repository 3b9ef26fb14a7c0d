/**
 * Typed pipelines that take a commit to a running release: build, push, open a pull request in a Flux repository, tell Slack.
 */
import { dag, func, object, type Container, type Directory, type Secret } from "@dagger.io/dagger";
import { keyValues } from "./core/input.ts";
import { treeOf } from "./dagger/clone.ts";
import { buildImage } from "./dagger/image.ts";
import {
  buildOutcome,
  deployOutcome,
  nameSecrets,
  notifyOutcome,
  run,
  shipOutcome,
  type BuildOutcome,
  type DeployOutcome,
  type NotifyOutcome,
  type ShipOutcome,
} from "./module.ts";
import { build as buildPipeline } from "./pipelines/build.ts";
import { deploy as deployPipeline } from "./pipelines/deploy.ts";
import { notify as notifyPipeline } from "./pipelines/notify.ts";
import { ship as shipPipeline } from "./pipelines/ship.ts";

/** Two functions that make values, and one for each pipeline. */
@object()
export class Fairlead {
  /**
   * Fetch the files of a Git repository
   * @param repository Git repository to fetch: an https URL
   * @param ref branch, tag or full commit SHA of the repository; without it, the default branch
   * @param token token for the repository's Git server
   */
  @func()
  clone(repository: string, ref = "HEAD", token?: Secret): Directory {
    return treeOf(dag.git(repository, token === undefined ? {} : { httpAuthUsername: "x-access-token", httpAuthToken: token }), ref);
  }

  /**
   * Build the image that a Dockerfile describes
   * @param source folder that is the build context
   * @param dockerfile path of the Dockerfile in the build context
   * @param target stage of the Dockerfile to build; without it, the last
   * @param buildArgs build argument as KEY=VALUE
   * @param secretNames name of each secret, in their order
   * @param secrets secret that the Dockerfile mounts by its name
   * @param platform platform such as linux/arm64; without it, the engine's own
   */
  @func()
  async image(
    source: Directory,
    dockerfile = "Dockerfile",
    target?: string,
    buildArgs: string[] = [],
    secretNames: string[] = [],
    secrets: Secret[] = [],
    platform?: string,
  ): Promise<Container> {
    return await imageContainer(source, { dockerfile, target, buildArgs, platform }, nameSecrets(secretNames, secrets));
  }

  /**
   * Build an image from a repository or a folder and push it to a registry
   * @param image image to push, such as ghcr.io/acme/app:1.4.3; without a tag, it gets sha- and the commit
   * @param repository Git repository to build: an https or ssh URL
   * @param ref branch, tag or full commit SHA of the repository; without it, the default branch
   * @param source folder to build instead of a repository
   * @param tags further tag of the image
   * @param context folder of the source that is the build context
   * @param dockerfile path of the Dockerfile in the build context
   * @param target stage of the Dockerfile to build; without it, the last
   * @param buildArgs build argument as KEY=VALUE
   * @param secretNames name of each secret, in their order
   * @param secrets secret that the Dockerfile mounts by its name
   * @param platforms platform such as linux/arm64; without it, the engine's own
   * @param rebuild build even if the registry has this build already
   * @param token token for the repository's Git server
   * @param sshKey private key for a repository over SSH
   * @param sshKnownHosts known hosts for a repository over SSH
   * @param registryUsername user name at the image's registry
   * @param registryPassword password or token at the image's registry
   * @param dryRun plan only: touch nothing
   */
  @func({ cache: "never" })
  async build(
    image: string,
    repository?: string,
    ref?: string,
    source?: Directory,
    tags: string[] = [],
    context = "",
    dockerfile = "Dockerfile",
    target?: string,
    buildArgs: string[] = [],
    secretNames: string[] = [],
    secrets: Secret[] = [],
    platforms: string[] = [],
    rebuild = false,
    token?: Secret,
    sshKey?: Secret,
    sshKnownHosts?: Secret,
    registryUsername?: string,
    registryPassword?: Secret,
    dryRun = false,
  ): Promise<BuildOutcome> {
    return buildOutcome(
      await run(buildPipeline, dryRun, {
        image,
        repository,
        ref,
        source,
        tags,
        context,
        dockerfile,
        target,
        buildArgs,
        secrets: nameSecrets(secretNames, secrets),
        platforms,
        rebuild,
        token,
        sshKey,
        sshKnownHosts,
        registryUsername,
        registryPassword,
      }),
    );
  }

  /**
   * Open a pull request that puts an image into a Flux repository
   * @param image image to deploy, with its tag and, for manifests that pin it, its digest
   * @param fluxRepository Git repository that Flux applies
   * @param fluxBranch branch that Flux applies; without it, the default branch
   * @param fluxPath folder of the Flux repository in which manifests are searched
   * @param only one object, or a path of it, as Kind/namespace/name#path
   * @param fluxToken token that may push to the Flux repository and open pull requests there
   * @param dryRun plan only: touch nothing
   */
  @func({ cache: "never" })
  async deploy(
    image: string,
    fluxRepository: string,
    fluxBranch?: string,
    fluxPath = "",
    only?: string,
    fluxToken?: Secret,
    dryRun = false,
  ): Promise<DeployOutcome> {
    return deployOutcome(await run(deployPipeline, dryRun, { image, fluxRepository, fluxBranch, fluxPath, only, fluxToken }));
  }

  /**
   * Post a message to a Slack channel
   * @param message what to say
   * @param slackChannel Slack channel; by its ID, a message that is there already is not posted again
   * @param fields detail to show with it, as NAME=VALUE
   * @param slackToken Slack bot token with chat:write, and channels:history to look back
   * @param key what makes two messages the same; without it, each is a new one
   * @param dryRun plan only: touch nothing
   */
  @func({ cache: "never" })
  async notify(
    message: string,
    slackChannel: string,
    fields: string[] = [],
    slackToken?: Secret,
    key?: string,
    dryRun = false,
  ): Promise<NotifyOutcome> {
    return notifyOutcome(await run(notifyPipeline, dryRun, { message, slackChannel, fields, slackToken, key }));
  }

  /**
   * Build a commit, open the pull request that deploys it, and tell Slack
   * @param image image to push, such as ghcr.io/acme/app:1.4.3; without a tag, it gets sha- and the commit
   * @param fluxRepository Git repository that Flux applies
   * @param repository Git repository to build: an https or ssh URL
   * @param ref branch, tag or full commit SHA of the repository; without it, the default branch
   * @param source folder to build instead of a repository
   * @param tags further tag of the image
   * @param context folder of the source that is the build context
   * @param dockerfile path of the Dockerfile in the build context
   * @param target stage of the Dockerfile to build; without it, the last
   * @param buildArgs build argument as KEY=VALUE
   * @param secretNames name of each secret, in their order
   * @param secrets secret that the Dockerfile mounts by its name
   * @param platforms platform such as linux/arm64; without it, the engine's own
   * @param rebuild build even if the registry has this build already
   * @param token token for the repository's Git server
   * @param sshKey private key for a repository over SSH
   * @param sshKnownHosts known hosts for a repository over SSH
   * @param registryUsername user name at the image's registry
   * @param registryPassword password or token at the image's registry
   * @param fluxBranch branch that Flux applies; without it, the default branch
   * @param fluxPath folder of the Flux repository in which manifests are searched
   * @param only one object, or a path of it, as Kind/namespace/name#path
   * @param fluxToken token that may push to the Flux repository and open pull requests there
   * @param slackChannel Slack channel; by its ID, a message that is there already is not posted again
   * @param slackToken Slack bot token with chat:write, and channels:history to look back
   * @param dryRun plan only: touch nothing
   */
  @func({ cache: "never" })
  async ship(
    image: string,
    fluxRepository: string,
    repository?: string,
    ref?: string,
    source?: Directory,
    tags: string[] = [],
    context = "",
    dockerfile = "Dockerfile",
    target?: string,
    buildArgs: string[] = [],
    secretNames: string[] = [],
    secrets: Secret[] = [],
    platforms: string[] = [],
    rebuild = false,
    token?: Secret,
    sshKey?: Secret,
    sshKnownHosts?: Secret,
    registryUsername?: string,
    registryPassword?: Secret,
    fluxBranch?: string,
    fluxPath = "",
    only?: string,
    fluxToken?: Secret,
    slackChannel?: string,
    slackToken?: Secret,
    dryRun = false,
  ): Promise<ShipOutcome> {
    return shipOutcome(
      await run(shipPipeline, dryRun, {
        image,
        fluxRepository,
        repository,
        ref,
        source,
        tags,
        context,
        dockerfile,
        target,
        buildArgs,
        secrets: nameSecrets(secretNames, secrets),
        platforms,
        rebuild,
        token,
        sshKey,
        sshKnownHosts,
        registryUsername,
        registryPassword,
        fluxBranch,
        fluxPath,
        only,
        fluxToken,
        slackChannel,
        slackToken,
      }),
    );
  }
}

async function imageContainer(
  source: Directory,
  input: { dockerfile: string; target: string | undefined; buildArgs: readonly string[]; platform: string | undefined },
  secrets: Readonly<Record<string, Secret>>,
): Promise<Container> {
  const named = await Promise.all(Object.entries(secrets).map(async ([name, secret]) => dag.setSecret(name, await secret.plaintext())));
  const platforms = input.platform === undefined ? [] : [input.platform];
  const [container] = buildImage(source, { ...input, context: "", buildArgs: keyValues().parse(input.buildArgs), platforms }, named);
  return container!;
}
