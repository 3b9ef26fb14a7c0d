import type { Io } from "../io.ts";

/** Tells whether this is a job of GitHub Actions: https://docs.github.com/actions/reference/workflows-and-actions/variables */
export function isGitHubActions(env: Io["env"]): boolean {
  return env.GITHUB_ACTIONS === "true";
}

/** Returns the workflow command that annotates the job with a failure and its hint. */
export function errorCommand(messages: readonly string[], hint: string | null): string {
  const title = messages.length === 1 ? (messages[0] ?? "") : `${messages.length} problems`;
  const lines = messages.length === 1 ? [] : messages;
  return workflowCommand("error", [...lines, ...(hint === null ? [] : [`hint: ${hint}`])].join("\n") || title, {
    title: `fairlead: ${title}`,
  });
}

/**
 * Returns a workflow command as a line, escaped as the runner reads it:
 * https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
 */
export function workflowCommand(name: string, data: string, properties: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${name}${pairs.length === 0 ? "" : ` ${pairs.join(",")}`}::${escapeData(data)}\n`;
}

/** Returns a line of foreign text that the runner does not read as a command, neither `::name::` nor `##[name]`. */
export function plainLine(line: string): string {
  // a lone carriage return ends a line for the runner
  return line
    .replace(/\r$/, "")
    .replaceAll("\r", "␍")
    .replace(/^(\s*)::/, "$1: :")
    .replaceAll("##[", "## [");
}

/** Returns foreign text that is safe to print: in a job of GitHub Actions each line of it is plain. */
export function plainText(text: string, env: Io["env"]): string {
  return isGitHubActions(env) ? text.split("\n").map(plainLine).join("\n") : text;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
