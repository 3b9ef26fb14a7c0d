/**
 * The last lines of a commit's message, by which a commit of fairlead is known when nothing else tells of it:
 * https://git-scm.com/docs/git-interpret-trailers
 */
const trailer = "Target";

/** Returns a commit's message with what it sets: the ids of `targetIds`, each in a trailer of its own. */
export function withTargets(message: string, targets: readonly string[]): string {
  const text = message.trimEnd();
  const hasTrailers = /\n\n(?:[A-Za-z-]+: .*(?:\n|$))+$/.test(text);
  return `${text}${hasTrailers ? "\n" : "\n\n"}${targets.map((each) => `${trailer}: ${each}\n`).join("")}`;
}

/** Returns the targets in the last paragraph of a commit's message. None: it is no commit of fairlead on a branch of its own. */
export function readTargets(message: string): readonly string[] {
  const last =
    message
      .trimEnd()
      .split(/\n\s*\n/)
      .at(-1) ?? "";
  return [...last.matchAll(/^Target: ([0-9a-f]{12}(?:\/[0-9a-f]{12})*)$/gm)].map(([, ids = ""]) => ids);
}
