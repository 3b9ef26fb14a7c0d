import { pipelineTable } from "../pipelines/table.gen.ts";
import type { Command } from "./command.ts";
import { pipelineCommand } from "./pipeline-command.ts";

const machineCommands: readonly Command[] = [
  {
    name: "doctor",
    group: "This machine",
    summary: "Check this machine and its credentials, and suggest fixes",
    examples: ["doctor", "doctor registry ghcr.io/acme/app"],
    page: "install.md",
    load: async () => (await import("./doctor.ts")).doctorBody,
  },
  {
    name: "engine",
    group: "This machine",
    summary: "Show, compile, start or stop the native Dagger engine of this machine",
    examples: ["engine start", "engine status"],
    page: "engine.md",
    load: async () => (await import("./engine.ts")).engineBody,
  },
  {
    name: "image",
    group: "This machine",
    summary: "List and inspect images of a registry, or repair their lists of signatures",
    examples: ["image inspect ghcr.io/acme/app:1.4.3", "image ls ghcr.io/acme/app"],
    page: "registries.md",
    load: async () => (await import("./image.ts")).imageBody,
  },
  {
    name: "set-image",
    group: "This machine",
    summary: "Set an image in the Kubernetes manifests of a folder",
    examples: [
      "set-image ghcr.io/acme/app:1.4.3 clusters/production --dry-run",
      "set-image ghcr.io/acme/app:1.4.3 clusters --only Deployment/app",
    ],
    page: "deploy.md",
    load: async () => (await import("./set-image.ts")).setImageBody,
  },
];

/** All commands but the listener's, by name. */
export const commands: readonly Command[] = [...pipelineTable.map(pipelineCommand), ...machineCommands].sort((a, b) =>
  a.name < b.name ? -1 : 1,
);
