import type { Io } from "../io.ts";

/** Tells whether this is a job of GitHub Actions: https://docs.github.com/actions/reference/workflows-and-actions/variables */
export function isGitHubActions(env: Io["env"]): boolean {
  return env.GITHUB_ACTIONS === "true";
}

/** Returns the line that shows a failure, with its hint, as an annotation of the job. */
export function errorCommand(messages: readonly string[], hint: string | null): string {
  const title = messages.length === 1 ? (messages[0] ?? "") : `${messages.length} problems`;
  const lines = messages.length === 1 ? [] : messages;
  return workflowCommand("error", [...lines, ...(hint === null ? [] : [`hint: ${hint}`])].join("\n") || title, {
    title: `fairlead: ${title}`,
  });
}

/**
 * Returns a workflow command as a line. Data and properties are escaped as the runner reads them:
 * https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
 */
export function workflowCommand(name: string, data: string, properties: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${name}${pairs.length === 0 ? "" : ` ${pairs.join(",")}`}::${escapeData(data)}\n`;
}

/** Returns a line of somebody else's text that the runner takes for no command of ours, neither as `::name::` nor as `##[name]`. */
export function plainLine(line: string): string {
  return line.replace(/^(\s*)::/, "$1: :").replaceAll("##[", "## [");
}

/** Returns text of which not every word is ours: in a job of GitHub Actions each line of it is plain. */
export function plainText(text: string, env: Io["env"]): string {
  return isGitHubActions(env) ? text.split("\n").map(plainLine).join("\n") : text;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
