import { pipelineTable } from "../pipelines/table.gen.ts";
import type { Command } from "./command.ts";
import { pipelineCommand } from "./pipeline-command.ts";

/** All commands, by name: one for each pipeline, and these. */
export const commands: readonly Command[] = [
  ...pipelineTable.map(pipelineCommand),
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
  {
    name: "set-image",
    summary: "Set an image in the Kubernetes manifests of a folder",
    example: "set-image ghcr.io/acme/app:1.4.3 clusters/production --dry-run",
    load: async () => (await import("./set-image.ts")).setImageBody,
  },
].sort((a, b) => (a.name < b.name ? -1 : 1));
