import type { Ports } from "./ports.ts";

/** How long a kept read is as good as a new one, in milliseconds. */
const longest = 30_000;

/** The reads of a run's preflight, for the first plan of each of its steps. */
export interface KeptReads {
  /** Returns ports that keep what they read. */
  keeping(): Ports;
  /**
   * Returns ports that give back each kept read once, while `mayRecall` says so. Whatever is not kept, or is older than 30 seconds, is read anew. A write
   * forgets all reads of its group, so that a look after it is a new one.
   */
  recalling(mayRecall: () => boolean): Ports;
}

/** The methods whose answers are kept. Those of one port are a group, but a Git provider's are one with Git's. */
const reads: readonly string[] = [
  ...["resolve", "describe", "manifest", "configuration", "referrers", "referrerLists", "canListReferrers", "servesReferrers"].map(
    (name) => `images.${name}`,
  ),
  ...["archive.read", "repository.read"].map((name) => `registry.${name}`),
  ...["resolve", "open", "openIfThere", "tree", "cleanFolder", "commitsBetween", "pathsBetween"].map((name) => `git.${name}`),
  ...[
    "pullRequests.list",
    "pullRequests.read",
    "pullRequests.files",
    "pullRequests.isReviewed",
    "pullRequests.checkAdditions",
    "branches.list",
    "checks.annotations",
    "checks.list",
    "statuses.history",
    "statuses.list",
    "deployments.find",
    "deployments.statuses",
    "comments.find",
    "commits.before",
    "commits.between",
    "commits.pullRequestsOf",
    "dispatch.workflow",
    "dispatch.workflowText",
  ].map((name) => `gitProvider.${name}`),
  "notifier.find",
];

/** What becomes of a run of a workflow is asked for to see it change. */
const dispatchReads = ["runs", "run", "pendingEnvironments", "failedJob", "artifacts", "artifactText", "login"].map(
  (name) => `dispatch.${name}`,
);

/**
 * The methods that change nothing, and whose answers are not kept: a login may end, and what may be pushed is asked for its own sake. Any other method
 * is taken for a write, so that one that nobody has listed here costs a read, and gives no old answer.
 */
const neutral: readonly string[] = [
  ...["tags", "checkPush", "probe.reach", "probe.logIn", "probe.pull", "probe.mount"].map((name) => `images.${name}`),
  ...["login", "identity"].map((name) => `registry.${name}`),
  ...["checkAccess", "checkPush", "fetchFiles", "hasFile"].map((name) => `git.${name}`),
  // who may approve is asked when it counts
  ...["right", "isMember", "checkTeam", "reviews", "comments", "commitOf", "environmentDecisions"].map(
    (name) => `gitProvider.people.${name}`,
  ),
  ...["comparePage", "identity", "signsCommits", "checks.own", "statuses.own", ...dispatchReads].map((name) => `gitProvider.${name}`),
  "notifier.identity",
];

const groups: Readonly<Record<string, string>> = { images: "registry", gitProvider: "git" };

interface Kept {
  readonly at: number;
  readonly value: unknown;
}

type Method = (...args: readonly unknown[]) => unknown;

/** Calls a method of a port, whose path is such as `git.open`. `about` is what tells its answers apart. */
type Call = (path: string, about: () => string, call: () => unknown) => unknown;

/** Returns a memory for the reads of these ports. `now` is in milliseconds. */
export function keepReads(ports: Ports, now: () => number): KeptReads {
  const kept = new Map<string, Map<string, Kept>>();
  const keep: Call = (path, about, call) => {
    if (!reads.includes(path)) return call();
    const group = kept.get(groupOf(path)) ?? new Map<string, Kept>();
    const key = about();
    const found = group.get(key) ?? { at: now(), value: call() }; // nothing is written meanwhile, so one look is enough
    kept.set(groupOf(path), group.set(key, found));
    if (found.value instanceof Promise) found.value.catch(() => group.delete(key)); // what failed may succeed the next time
    return found.value;
  };
  const recall = (path: string, about: () => string): Kept | undefined => {
    const group = kept.get(groupOf(path));
    const key = about();
    const found = group?.get(key);
    group?.delete(key);
    return found !== undefined && now() - found.at <= longest ? found : undefined;
  };
  return {
    keeping: () => wrapPorts(ports, keep),
    recalling: (mayRecall) =>
      wrapPorts(ports, (path, about, call) => {
        if (!reads.includes(path) && !neutral.includes(path)) kept.delete(groupOf(path));
        const found = mayRecall() && reads.includes(path) ? recall(path, about) : undefined;
        return found === undefined ? call() : found.value;
      }),
  };
}

function groupOf(path: string): string {
  const [port = ""] = path.split(".");
  return groups[port] ?? port;
}

function wrapPorts(ports: Ports, call: Call): Ports {
  return {
    ...ports,
    images: wrap(ports.images, "images", "", call),
    git: wrap(ports.git, "git", "", call),
    registry: (host) => wrap(ports.registry(host), "registry", host, call),
    gitProvider: (host) => wrap(ports.gitProvider(host), "gitProvider", host, call),
    notifier: (kind) => wrap(ports.notifier(kind), "notifier", kind, call),
  };
}

/** Returns a port whose methods, and those of its groups of methods, are called by `call`. */
function wrap<T extends object>(port: T, path: string, which: string, call: Call): T {
  const wrapped = Object.entries(port).map(([name, value]: [string, unknown]) => {
    const at = `${path}.${name}`;
    if (typeof value === "function") return [name, wrapMethod(value as Method, at, which, call)];
    return [name, isGroup(value) ? wrap(value, at, which, call) : value];
  });
  return Object.fromEntries(wrapped) as T;
}

function wrapMethod(method: Method, path: string, which: string, call: Call): Method {
  const about = (args: readonly unknown[]): string =>
    JSON.stringify([path, which, ...args.filter((each) => !(each instanceof AbortSignal))]);
  return (...args) =>
    call(
      path,
      () => about(args),
      () => method(...args),
    );
}

function isGroup(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
