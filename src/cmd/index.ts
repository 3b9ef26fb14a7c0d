import type { Command } from "./command.ts";
import { pipelineCommand } from "./pipeline-command.ts";

/** All commands, by name. */
export const commands: readonly Command[] = [
  pipelineCommand({
    name: "build",
    summary: "Build an image from a repository or a folder and push it to a registry",
    example: "build https://github.com/acme/app --image ghcr.io/acme/app:1.4.3",
    load: async () => (await import("../pipelines/build.ts")).build,
  }),
  pipelineCommand({
    name: "create-repository",
    summary: "Create the repository of an image with its settings, or compare one that is there",
    example: "create-repository 123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app --tag-mutability IMMUTABLE --scan-on-push",
    load: async () => (await import("../pipelines/create-repository.ts")).createRepository,
  }),
  pipelineCommand({
    name: "deploy",
    summary: "Open a pull request that puts an image into a Flux repository",
    example: "deploy ghcr.io/acme/app:1.4.3 --flux-repository https://github.com/acme/flux",
    load: async () => (await import("../pipelines/deploy.ts")).deploy,
  }),
  {
    name: "doctor",
    summary: "Look at what a run needs, such as a registry, and say what to do",
    example: "doctor registry ghcr.io/acme/app",
    load: async () => (await import("./doctor.ts")).doctorBody,
  },
  {
    name: "engine",
    summary: "Show, compile, start or stop the native Dagger engine of this machine",
    example: "engine start",
    load: async () => (await import("./engine.ts")).engineBody,
  },
  pipelineCommand({
    name: "notify",
    summary: "Post a message to a Slack channel",
    example: 'notify "1.4.3 is out" --slack-channel C0123456789 --slack-token env:SLACK_TOKEN',
    load: async () => (await import("../pipelines/notify.ts")).notify,
  }),
  pipelineCommand({
    name: "retag",
    summary: "Give an image further tags, or copy it to another repository under them",
    example: "retag ghcr.io/acme/app:sha-1a2b3c4d5e6f 1.4.3 1.4 latest",
    load: async () => (await import("../pipelines/retag.ts")).retag,
  }),
  {
    name: "set-image",
    summary: "Set an image in the Kubernetes manifests of a folder",
    example: "set-image ghcr.io/acme/app:1.4.3 clusters/production --dry-run",
    load: async () => (await import("./set-image.ts")).setImageBody,
  },
  pipelineCommand({
    name: "ship",
    summary: "Build a commit, open the pull request that deploys it, and tell Slack",
    example: "ship https://github.com/acme/app --image ghcr.io/acme/app --flux-repository https://github.com/acme/flux",
    load: async () => (await import("../pipelines/ship.ts")).ship,
  }),
];
