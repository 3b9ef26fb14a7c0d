/**
 * Typed pipelines that take a commit to a running release: build, push, open a pull request in a Flux repository, tell Slack.
 */
import { dag, func, object, type Container, type Directory, type Secret } from "@dagger.io/dagger";
import { buildImage, clone, nameSecrets, run } from "./module/functions.ts";
import type { BuildOutcome, CreateRepositoryOutcome, DeployOutcome, NotifyOutcome, RetagOutcome, ShipOutcome } from "./module/result.ts";
import type { ServerNames } from "./module/servers.ts";
import { build } from "./pipelines/build.ts";
import { createRepository } from "./pipelines/create-repository.ts";
import { deploy } from "./pipelines/deploy.ts";
import { notify } from "./pipelines/notify.ts";
import { retag } from "./pipelines/retag.ts";
import { ship } from "./pipelines/ship.ts";

/** Two functions that make values, and one for each pipeline. */
@object()
export class Fairlead implements ServerNames {
  githubUrl: string | undefined;
  githubApiUrl: string | undefined;
  slackApiUrl: string | undefined;
  plainHttp: string[];

  /**
   * @param githubUrl a GitHub of your own, such as https://github.example.com
   * @param githubApiUrl its REST API, if that is not below /api/v3
   * @param slackApiUrl where Slack's methods are, if not at https://slack.com/api/
   * @param plainHttp host, with its port if it has one, that is spoken to without TLS
   */
  constructor(githubUrl?: string, githubApiUrl?: string, slackApiUrl?: string, plainHttp: string[] = []) {
    this.githubUrl = githubUrl;
    this.githubApiUrl = githubApiUrl;
    this.slackApiUrl = slackApiUrl;
    this.plainHttp = plainHttp;
  }

  /**
   * Fetch the files of a Git repository
   * @param repository Git repository to fetch: an https URL
   * @param ref branch, tag or full commit SHA of the repository; without it, the default branch
   * @param token token for the repository's Git server
   */
  @func()
  clone(repository: string, ref?: string, token?: Secret): Directory {
    return clone(dag, { repository, ref, token });
  }

  /**
   * Build the image that a Dockerfile describes
   * @param source folder to build
   * @param context folder of the source that is the build context
   * @param dockerfile path of the Dockerfile in the build context
   * @param target stage of the Dockerfile to build; without it, the last
   * @param buildArgs build argument as KEY=VALUE
   * @param secretNames name of each secret, in their order
   * @param secrets secret that the Dockerfile mounts by its name
   * @param platforms platform such as linux/arm64; without it, the engine's own
   */
  @func()
  async image(
    source: Directory,
    context = "",
    dockerfile = "Dockerfile",
    target?: string,
    buildArgs: string[] = [],
    secretNames: string[] = [],
    secrets: Secret[] = [],
    platforms: string[] = [],
  ): Promise<Container> {
    return await buildImage(dag, { source, context, dockerfile, target, buildArgs, secrets: nameSecrets(secretNames, secrets), platforms });
  }

  /**
   * Build an image from a repository or a folder and push it to a registry
   * @param image image to push, such as ghcr.io/acme/app:1.4.3; without a tag, it gets sha- and the commit
   * @param repository Git repository to build: an https or ssh URL
   * @param ref branch, tag or full commit SHA of the repository; without it, the default branch
   * @param source folder to build instead of a repository
   * @param tags further tag of the image
   * @param copyTo further repository that gets the same digest under the same tags, by copy
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
   * @param awsRole IAM role for ECR, by its ARN; a Dagger module has none: give it registryUsername AWS and `aws ecr get-login-password`
   * @param awsAccounts AWS account that may be used, by its ID; without it, any
   * @param createRepository create the repository if it is missing, at a registry that does not do so by itself, such as ECR
   * @param dryRun plan only: touch nothing
   */
  @func({ cache: "never" })
  async build(
    image: string,
    repository?: string,
    ref?: string,
    source?: Directory,
    tags: string[] = [],
    copyTo: string[] = [],
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
    awsRole?: string,
    awsAccounts: string[] = [],
    createRepository = false,
    dryRun = false,
  ): Promise<BuildOutcome> {
    return await run(build, this, dryRun, {
      image,
      repository,
      ref,
      source,
      tags,
      copyTo,
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
      awsRole,
      awsAccounts,
      createRepository,
    });
  }

  /**
   * Create the repository of an image with its settings, or compare one that is there
   * @param image repository to create, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app
   * @param tagMutability whether a tag can be moved to another image
   * @param tagMutabilityExclusions tags for which the other holds, such as latest or dev-*
   * @param scanOnPush scan each image for vulnerabilities when it is pushed
   * @param encryption how images are encrypted; it cannot be changed later
   * @param kmsKey KMS key, by its ARN or ID; without it, the account's own key for ECR
   * @param lifecyclePolicy lifecycle policy, which deletes old images
   * @param repositoryPolicy policy that lets others use the repository
   * @param repositoryTags tag of the repository itself, as KEY=VALUE
   * @param update change a repository that is there and differs; without it, that is only told
   * @param awsRole IAM role for ECR, by its ARN; a Dagger module has none: give it registryUsername AWS and `aws ecr get-login-password`
   * @param awsAccounts AWS account that may be used, by its ID; without it, any
   * @param dryRun plan only: touch nothing
   */
  @func({ cache: "never" })
  async createRepository(
    image: string,
    tagMutability?: string,
    tagMutabilityExclusions: string[] = [],
    scanOnPush?: boolean,
    encryption?: string,
    kmsKey?: string,
    lifecyclePolicy?: string,
    repositoryPolicy?: string,
    repositoryTags: string[] = [],
    update = false,
    awsRole?: string,
    awsAccounts: string[] = [],
    dryRun = false,
  ): Promise<CreateRepositoryOutcome> {
    return await run(createRepository, this, dryRun, {
      image,
      tagMutability,
      tagMutabilityExclusions,
      scanOnPush,
      encryption,
      kmsKey,
      lifecyclePolicy,
      repositoryPolicy,
      repositoryTags,
      update,
      awsRole,
      awsAccounts,
    });
  }

  /**
   * Open a pull request that puts an image into a Flux repository
   * @param image image to deploy, with its tag and, for manifests that pin it, its digest
   * @param fluxRepository Git repository that Flux applies
   * @param fluxBranch branch that Flux applies; without it, the default branch
   * @param fluxPath folder of the Flux repository in which manifests are searched
   * @param only one object, or a path of it, as Kind/namespace/name#path
   * @param title title of the pull request and of its commit; it may name what the body may
   * @param body body of the pull request; it may name {image} {repository} {tag} {digest} {changes} {source} {commit} {compare} {previous} {run}
   * @param labels label of the pull request
   * @param reviewers user whose review is asked for, or team as ORG/TEAM
   * @param assignees user to whom the pull request is assigned
   * @param milestone milestone of the pull request, by its title
   * @param draft open the pull request as a draft
   * @param autoMerge method by which the pull request is merged as soon as it may be: merge, squash or rebase; without it, by a person
   * @param reopen ask again for what somebody closed without merging it
   * @param direct commit straight to the branch that Flux applies, without a pull request
   * @param wait wait until the pull request is merged, or until Flux reports that it is ready
   * @param timeout minutes to wait at most; with 0, look once
   * @param readyStatus commit status that says that it is ready, such as kustomization/apps; without it, all that Flux has reported
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
    title?: string,
    body?: string,
    labels: string[] = [],
    reviewers: string[] = [],
    assignees: string[] = [],
    milestone?: string,
    draft = false,
    autoMerge?: string,
    reopen = false,
    direct = false,
    wait?: string,
    timeout = 30,
    readyStatus?: string,
    fluxToken?: Secret,
    dryRun = false,
  ): Promise<DeployOutcome> {
    return await run(deploy, this, dryRun, {
      image,
      fluxRepository,
      fluxBranch,
      fluxPath,
      only,
      title,
      body,
      labels,
      reviewers,
      assignees,
      milestone,
      draft,
      autoMerge,
      reopen,
      direct,
      wait,
      timeout,
      readyStatus,
      fluxToken,
    });
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
    return await run(notify, this, dryRun, { message, slackChannel, fields, slackToken, key });
  }

  /**
   * Give an image further tags, or copy it to another repository under them
   * @param source image that gets the tags, by tag or digest, with all its platforms
   * @param tags tag to give to the image
   * @param to repository of the tags, to which the image is copied; without it, the image's own
   * @param onConflict for a tag of another image; without it, fail for versions such as 1.4.3, move for latest, main, 1, 1.4 and the like
   * @param referrers copy signatures, SBOMs and attestations too, before the tags are given
   * @param unchecked give tags without looking at them before or after: none is kept from being moved, and a lost race is not noticed
   * @param registryUsername user name at the image's registry
   * @param registryPassword password or token at the image's registry
   * @param toUsername user name for the repository that --to names, where it needs another
   * @param toPassword password or token for the repository that --to names, where it needs another
   * @param awsRole IAM role for ECR, by its ARN; a Dagger module has none: give it registryUsername AWS and `aws ecr get-login-password`
   * @param awsAccounts AWS account that may be used, by its ID; without it, any
   * @param createRepository create the repository if it is missing, at a registry that does not do so by itself, such as ECR
   * @param dryRun plan only: touch nothing
   */
  @func({ cache: "never" })
  async retag(
    source: string,
    tags: string[],
    to?: string,
    onConflict?: string,
    referrers = false,
    unchecked = false,
    registryUsername?: string,
    registryPassword?: Secret,
    toUsername?: string,
    toPassword?: Secret,
    awsRole?: string,
    awsAccounts: string[] = [],
    createRepository = false,
    dryRun = false,
  ): Promise<RetagOutcome> {
    return await run(retag, this, dryRun, {
      source,
      tags,
      to,
      onConflict,
      referrers,
      unchecked,
      registryUsername,
      registryPassword,
      toUsername,
      toPassword,
      awsRole,
      awsAccounts,
      createRepository,
    });
  }

  /**
   * Build a commit, open the pull request that deploys it, and tell Slack
   * @param image image to push, such as ghcr.io/acme/app:1.4.3; without a tag, it gets sha- and the commit
   * @param fluxRepository Git repository that Flux applies
   * @param repository Git repository to build: an https or ssh URL
   * @param ref branch, tag or full commit SHA of the repository; without it, the default branch
   * @param source folder to build instead of a repository
   * @param tags further tag of the image
   * @param copyTo further repository that gets the same digest under the same tags, by copy
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
   * @param awsRole IAM role for ECR, by its ARN; a Dagger module has none: give it registryUsername AWS and `aws ecr get-login-password`
   * @param awsAccounts AWS account that may be used, by its ID; without it, any
   * @param createRepository create the repository if it is missing, at a registry that does not do so by itself, such as ECR
   * @param fluxBranch branch that Flux applies; without it, the default branch
   * @param fluxPath folder of the Flux repository in which manifests are searched
   * @param only one object, or a path of it, as Kind/namespace/name#path
   * @param title title of the pull request and of its commit; it may name what the body may
   * @param body body of the pull request; it may name {image} {repository} {tag} {digest} {changes} {source} {commit} {compare} {previous} {run}
   * @param labels label of the pull request
   * @param reviewers user whose review is asked for, or team as ORG/TEAM
   * @param assignees user to whom the pull request is assigned
   * @param milestone milestone of the pull request, by its title
   * @param draft open the pull request as a draft
   * @param autoMerge method by which the pull request is merged as soon as it may be: merge, squash or rebase; without it, by a person
   * @param reopen ask again for what somebody closed without merging it
   * @param direct commit straight to the branch that Flux applies, without a pull request
   * @param wait wait until the pull request is merged, or until Flux reports that it is ready
   * @param timeout minutes to wait at most; with 0, look once
   * @param readyStatus commit status that says that it is ready, such as kustomization/apps; without it, all that Flux has reported
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
    copyTo: string[] = [],
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
    awsRole?: string,
    awsAccounts: string[] = [],
    createRepository = false,
    fluxBranch?: string,
    fluxPath = "",
    only?: string,
    title?: string,
    body?: string,
    labels: string[] = [],
    reviewers: string[] = [],
    assignees: string[] = [],
    milestone?: string,
    draft = false,
    autoMerge?: string,
    reopen = false,
    direct = false,
    wait?: string,
    timeout = 30,
    readyStatus?: string,
    fluxToken?: Secret,
    slackChannel?: string,
    slackToken?: Secret,
    dryRun = false,
  ): Promise<ShipOutcome> {
    return await run(ship, this, dryRun, {
      image,
      fluxRepository,
      repository,
      ref,
      source,
      tags,
      copyTo,
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
      awsRole,
      awsAccounts,
      createRepository,
      fluxBranch,
      fluxPath,
      only,
      title,
      body,
      labels,
      reviewers,
      assignees,
      milestone,
      draft,
      autoMerge,
      reopen,
      direct,
      wait,
      timeout,
      readyStatus,
      fluxToken,
      slackChannel,
      slackToken,
    });
  }
}
