import type { Command } from "../src/cmd/command.ts";

/** The commands of the listener, by name. What they do is loaded when one is called. */
export const listenerCommands: readonly Command[] = [
  {
    name: "deliveries",
    group: "Listener",
    summary: "List, show or send again what the listener has accepted",
    example: "deliveries list --source github",
    load: async () => (await import("./cmd/deliveries.ts")).deliveriesBody,
  },
  {
    name: "replay",
    group: "Listener",
    summary: "Say what the listener would make of a saved request, without a network",
    example: "replay cases/github/push-update --config fairlead.yaml",
    load: async () => (await import("./cmd/replay.ts")).replayBody,
  },
  {
    name: "runs",
    group: "Listener",
    summary: "List, show, cancel or run again what the listener has to do",
    example: "runs list --state parked",
    load: async () => (await import("./cmd/runs.ts")).runsBody,
  },
  {
    name: "serve",
    group: "Listener",
    summary: "Listen for deliveries, and run what the configuration says of them",
    example: "serve --config /etc/fairlead/fairlead.yaml",
    load: async () => (await import("./cmd/serve.ts")).serveBody,
  },
  {
    name: "sources",
    group: "Listener",
    summary: "Print the address of each source, which is as secret as its key",
    example: "sources --url https://hooks.example.com",
    load: async () => (await import("./cmd/sources.ts")).sourcesBody,
  },
];
