import type { Command } from "../src/cmd/command.ts";

/** The commands of the listener, by name. What they do is loaded when one is called. */
export const listenerCommands: readonly Command[] = [
  {
    name: "app",
    group: "Listener",
    summary: "Create the listener's GitHub App, check it, or list the permissions that it needs",
    examples: ["app create --url https://hooks.example.com --organization acme", "app doctor", "app permissions"],
    page: "github-app-create.md",
    load: async () => (await import("./cmd/app.ts")).appBody,
  },
  {
    name: "audit",
    group: "Listener",
    summary: "List what people have done to runs, such as an approval",
    examples: ["audit list", "audit list --limit 100"],
    page: "gates.md",
    load: async () => (await import("./cmd/audit.ts")).auditBody,
  },
  {
    name: "config",
    group: "Listener",
    summary: "Check a configuration, and list everything that is wrong with it",
    examples: ["config check", "config check --config /etc/fairlead/fairlead.yaml"],
    page: "configuration.md",
    load: async () => (await import("./cmd/config.ts")).configBody,
  },
  {
    name: "deliveries",
    group: "Listener",
    summary: "List, show, resend or export accepted deliveries",
    examples: ["deliveries list --source github", "deliveries resend 5f2c9e1a", "deliveries export 5f2c9e1a"],
    page: "listener.md",
    load: async () => (await import("./cmd/deliveries.ts")).deliveriesBody,
  },
  {
    name: "replay",
    group: "Listener",
    summary: "Show how the listener would handle a saved request, offline",
    examples: ["replay cases/github/push-update --config fairlead.yaml"],
    page: "listener.md",
    load: async () => (await import("./cmd/replay.ts")).replayBody,
  },
  {
    name: "runs",
    group: "Listener",
    summary: "List, show, follow, approve, reject, cancel or rerun runs",
    examples: ["runs list --state parked", "runs log -f 5f2c9e1a", "runs approve 5f2c9e1a"],
    page: "listener.md",
    load: async () => (await import("./cmd/runs.ts")).runsBody,
  },
  {
    name: "serve",
    group: "Listener",
    summary: "Listen for deliveries, and run what the configuration says of them",
    examples: ["serve --config /etc/fairlead/fairlead.yaml"],
    page: "listener.md",
    load: async () => (await import("./cmd/serve.ts")).serveBody,
  },
  {
    name: "sources",
    group: "Listener",
    summary: "Print the address of each source, which is as secret as its key",
    examples: ["sources --url https://hooks.example.com"],
    page: "listener.md",
    load: async () => (await import("./cmd/sources.ts")).sourcesBody,
  },
];
