import { FairleadError } from "../core/errors.ts";
import type { ApiGit } from "../core/git/provider.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import type { Tree } from "../core/git/tree.ts";
import { unchanged, type Context, type Step } from "../core/run/step.ts";

/** The file by which a repository switches a route on for itself, at its root. */
export const settingsPath = ".fairlead.yaml";

/** Bytes of the longest such file. */
const longest = 64 * 1024;

/** The repository whose file is read, and what was pushed to it. */
export interface SettingsInput {
  readonly repository: Repository;
  /** A push to the default branch is read at its own commit; whatever else has happened, at the head of that branch. */
  readonly pushed: { readonly branch: string; readonly commit: string } | undefined;
}

/** The text of the file, of which branch and at which commit; null where there is none. */
export type SettingsFile = { readonly branch: string; readonly commit: string; readonly text: string | null };

/**
 * Reads the file of the default branch by the provider's API, once a run. No other branch has a say: whoever may push one, or opens a pull request, could
 * change it. Throws `input` for a file that is too long or no text.
 */
export const readSettings: Step<SettingsInput, SettingsFile> = {
  name: "read-settings",
  needs: ["contents:read"],
  at: "event",
  key: ({ repository }) => formatRepository(repository),
  async plan(ctx, { repository, pushed }) {
    const api = apiOf(ctx, repository);
    const { branch, commit, tree } = await api.open(repository, undefined);
    const isOlder = pushed?.branch === branch && pushed.commit !== commit.sha;
    const at = isOlder ? { sha: pushed.commit, tree: await api.tree(repository, pushed.commit) } : { sha: commit.sha, tree };
    return unchanged({ branch, commit: at.sha, text: await readText(at.tree, `${formatRepository(repository)}/${settingsPath}`) });
  },
};

function apiOf(ctx: Context, repository: Repository): ApiGit {
  const { git, name } = ctx.gitProvider(repository.host);
  if (git !== undefined) return git;
  throw new FairleadError("unsupported", `read ${settingsPath} of ${formatRepository(repository)}: ${name} cannot do this by its API`);
}

/** A link is no file: it is not there. */
async function readText(tree: Tree, name: string): Promise<string | null> {
  for await (const path of tree.list({ below: settingsPath })) {
    if (path !== settingsPath) continue;
    const bytes = await tree.read(path);
    if (bytes.length > longest) throw new FairleadError("input", `${name}: it is longer than 64 KiB`);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      throw new FairleadError("input", `${name}: it is not UTF-8`);
    }
  }
  return null;
}
