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
    name: "deploy",
    summary: "Open a pull request that puts an image into a Flux repository",
    example: "deploy ghcr.io/acme/app:1.4.3 --flux-repository https://github.com/acme/flux",
    load: async () => (await import("../pipelines/deploy.ts")).deploy,
  }),
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
