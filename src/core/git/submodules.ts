import { FairleadError } from "../errors.ts";
import { readConfigText } from "./config-text.ts";
import { formatRepository, parseRepository, type Repository } from "./repository.ts";

/** A commit of another repository within a commit: an entry of a tree with mode 160000. */
export interface Gitlink {
  /** Where its files are. */
  readonly path: string;
  readonly sha: string;
}

/** The commit of a submodule, and where its files are. */
export interface Submodule extends Gitlink {
  readonly repository: Repository;
}

/** The commit that has submodules. */
interface Parent {
  readonly repository: Repository;
  readonly links: readonly Gitlink[];
  /** The text of its `.gitmodules`; undefined when it has none. */
  readonly modules: string | undefined;
}

/**
 * Returns the submodules of a commit. Whoever may push to a repository names its submodules, and must not reach what a run's credential opens: so
 * each has to be one of the repositories that the run's input names. Throws `input` for another. https://git-scm.com/docs/gitmodules
 */
export function resolveSubmodules({ repository, links, modules }: Parent, named: readonly Repository[]): readonly Submodule[] {
  const urls = new Map(readConfigText(modules ?? "").flatMap(({ values: { path, url } }) => (path && url ? [[path, url]] : [])));
  return links.map(({ path, sha }) => {
    const url = urls.get(path);
    const found = url === undefined ? undefined : readUrl(url, repository);
    const doing = `fetch submodule ${path} of ${formatRepository(repository)}`;
    if (found === undefined) throw new FairleadError("input", `${doing}: its .gitmodules names no repository for it`);
    const known = named.find((each) => formatRepository(each) === formatRepository(found));
    if (known !== undefined) return { path, sha, repository: known };
    throw new FairleadError("input", `${doing}: it is ${formatRepository(found)}, which the run does not name`, {
      hint: `name it with --submodule ${found.url}, if the build may have its files`,
    });
  });
}

/** A URL that begins with a dot is relative to that of the parent. https://git-scm.com/docs/git-submodule#Documentation/git-submodule.txt-add */
function readUrl(url: string, parent: Repository): Repository | undefined {
  try {
    if (!/^\.\.?\//.test(url)) return parseRepository(url);
    const base = `https://x/${parent.path}/`;
    const { pathname } = new URL(url, base);
    return parseRepository(`${parent.transport}://${parent.host}${pathname}`);
  } catch {
    return undefined;
  }
}
