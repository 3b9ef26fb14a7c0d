import { visible } from "../../core/text/visible.ts";
import type { Env } from "../stream.ts";

/** Tells whether this is a job of GitHub Actions: https://docs.github.com/actions/reference/workflows-and-actions/variables */
export function isGitHubActions(env: Env): boolean {
  return env.GITHUB_ACTIONS === "true";
}

/**
 * Returns a workflow command as a line, escaped as the runner reads it:
 * https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
 */
export function workflowCommand(name: string, message: readonly string[], properties: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(shown(value))}`);
  return `::${name}${pairs.length === 0 ? "" : ` ${pairs.join(",")}`}::${escapeData(message.map(shown).join("\n"))}\n`;
}

/** Returns a line that the runner does not read as a command, neither `::name::` nor `##[name]`. */
export function notACommand(line: string): string {
  return withoutOldCommands(line.replace(/^(\s*)::/, "$1: :"));
}

function shown(text: string): string {
  return withoutOldCommands(visible(text));
}

/** The runner finds a command of its old form anywhere in a line. */
function withoutOldCommands(text: string): string {
  return text.replaceAll("##[", "## [");
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
