/** A verdict in a comment on a pull request: its first line. */
export interface CommentCommand {
  readonly verdict: "approved" | "rejected";
  /** What is written as the SHA, in lower case; undefined where nothing is. */
  readonly sha: string | undefined;
}

const verdicts: Readonly<Record<string, CommentCommand["verdict"]>> = {
  "/ok-to-test": "approved",
  "/approve": "approved",
  "/reject": "rejected",
};

/** Returns the verdict that a comment holds; undefined for any other comment. Only its first line counts: what is quoted further down is no command. */
export function parseCommand(text: string): CommentCommand | undefined {
  const [line = ""] = text.trim().split(/\r?\n/, 1);
  const [word = "", sha] = line.trim().split(/\s+/);
  const verdict = Object.hasOwn(verdicts, word) ? verdicts[word] : undefined;
  return verdict && { verdict, sha: sha?.toLowerCase() };
}

/** Tells whether a text can stand for a commit: its SHA, or at least 7 characters of its beginning. */
export function standsFor(sha: string, commit: string): boolean {
  return /^[0-9a-f]{7,64}$/.test(sha) && commit.startsWith(sha);
}
