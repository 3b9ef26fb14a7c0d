/** A verdict in a comment on a pull request: its first line. */
export interface CommentCommand {
  readonly verdict: "approved" | "rejected";
  /** What is written as the SHA, in lower case; undefined where nothing is. */
  readonly sha: string | undefined;
  /** False where other words follow on its line: whoever writes `/approve SHA not yet` approves nothing. */
  readonly isAlone: boolean;
}

const verdicts: Readonly<Record<string, CommentCommand["verdict"]>> = {
  "/ok-to-test": "approved",
  "/approve": "approved",
  "/reject": "rejected",
};

/**
 * Returns the verdict that a comment holds; undefined for any other comment. Only its first line counts that is not blank: what is quoted further down is no
 * command, and neither is one that Markdown shows as code. https://spec.commonmark.org/0.31.2/#indented-code-blocks
 */
export function parseCommand(text: string): CommentCommand | undefined {
  const line = text.split(/\r\n|[\r\n]/).find((each) => each.trim() !== "") ?? "";
  const [word = "", sha, ...more] = /^ {0,3}\//.test(line) ? line.trim().split(/[ \t]+/) : [];
  const verdict = Object.hasOwn(verdicts, word) ? verdicts[word] : undefined;
  return verdict && { verdict, sha: sha?.toLowerCase(), isAlone: more.length === 0 };
}

/** Tells whether a text can stand for a commit: its SHA, or at least 7 characters of its beginning. */
export function standsFor(sha: string, commit: string): boolean {
  return /^[0-9a-f]{7,64}$/.test(sha) && commit.startsWith(sha);
}
