/** Listeners that are killed and started again, and what their runs act on. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Store } from "../../../webhook/store.ts";
import { openStore } from "../../../webhook/stores/index.ts";
import type { Sent as SentEvent } from "../listener.ts";
import { configOf } from "./config.ts";
import { slackToken, type Doubles } from "./doubles.ts";
import { post, startListener, type Listener, type Posted } from "./listener.ts";
import { signal, treeOf, type Process, type Tree } from "./processes.ts";
import { until, watchFromOutside, type Watching } from "./watching.ts";

export interface World extends AsyncDisposable {
  readonly doubles: Doubles;
  /** Where all that is started has its temporary files. */
  readonly folder: string;
  /** The file of the store, for looks that only a test takes. */
  readonly file: string;
  readonly store: Store;
  /** The listeners that should be there, oldest first. */
  readonly listeners: readonly Listener[];
  /** What was done to processes, and when, in milliseconds since 1970. */
  readonly harms: readonly { readonly at: number; readonly what: string }[];
  /** All keys that the source has had. */
  readonly keys: readonly string[];
  readonly looks: Watching["looks"];
  /** Starts one more listener. */
  readonly start: () => Promise<Listener>;
  /** Returns the processes of all listeners that should be there. */
  readonly trees: () => Promise<readonly Tree[]>;
  /** Sends a signal to processes. Listeners that it ends are to be forgotten by whoever does that. */
  harm(what: string, name: NodeJS.Signals, processes: readonly Process[]): Promise<void>;
  forget(...ended: readonly Listener[]): void;
  /** Has the source take these keys, and all listeners read that. */
  rotate(...keys: readonly string[]): Promise<void>;
  /** All that was ever said by listeners and workers. */
  readonly log: () => string;
  /** Returns processes of listeners that are gone, or of runs that have ended, and that are still there. */
  leftBehind(): Promise<readonly Process[]>;
  /** Sends an event, and returns what is answered; undefined when nobody answers. */
  post(event: SentEvent, id: string, options?: { readonly to?: Listener; readonly key?: string }): Promise<Posted | undefined>;
}

export interface WorldOptions {
  /** The folder of the store: one of its own unless told. */
  readonly storeIn?: string;
  /** What listeners have beside their secrets. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a listener with two workers and short leases, before these doubles. */
export async function startWorld(doubles: Doubles, { storeIn, env = {} }: WorldOptions = {}): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fairlead-crash-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const file = join(storeIn ?? folder, "fairlead.db");
  const keys = await openKeys(doubles, folder, file);
  const harms: { at: number; what: string }[] = [];
  const { ever, listeners, start, trees, forget } = keepListeners(stack, folder, { ...doubles.flux.env, ...env });
  await start();
  const store = stack.use(await openStore(`sqlite:${file}`));
  const watching = stack.use(watchFromOutside(store, trees));
  const all = stack.move();
  return {
    ...{ doubles, folder, file, store, listeners, harms, keys: keys.ever, looks: watching.looks, start, trees, forget },
    async harm(what, name, processes) {
      harms.push({ at: Date.now(), what });
      await signal(name, processes);
    },
    async rotate(...taken) {
      await keys.take(taken);
      await Promise.all(listeners.map(reload));
    },
    log: () => ever.map(({ said }) => said()).join("\n"),
    async leftBehind() {
      const wanted = (await trees()).flatMap(({ listener, workers }) => [...workers, ...(listener === undefined ? [] : [listener])]);
      return (await watching.left()).filter(({ pid }) => !wanted.some((each) => each.pid === pid));
    },
    post: async (event, id, { to = listeners.at(-1), key = keys.now()[0]! } = {}) =>
      to === undefined ? undefined : await post(to, JSON.stringify(event), id, key),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Keeps the keys of the source in files, and writes the configuration that names them. */
async function openKeys(doubles: Doubles, folder: string, file: string) {
  const ever: string[] = [];
  let now: readonly string[] = [];
  const pathOf = (key: string): string => join(folder, `key-${key.split("-").at(-1)}`);
  const take = async (keys: readonly string[]): Promise<void> => {
    await Promise.all(keys.map((key) => writeFile(pathOf(key), key)));
    const references = keys.map((key) => `file:${pathOf(key)}`);
    await writeFile(join(folder, "fairlead.yaml"), stringify(configOf(doubles, file, references)));
    ever.push(...keys.filter((key) => !ever.includes(key)));
    now = keys;
  };
  await take(["canary-key-number-0"]);
  return { ever, now: () => now, take };
}

/** Starts listeners, and ends those that should be there. What else they have left is for the invariants to find. */
function keepListeners(stack: AsyncDisposableStack, folder: string, given: Readonly<Record<string, string>>) {
  const [ever, listeners]: [Listener[], Listener[]] = [[], []];
  const env = { PATH: process.env.PATH ?? "", HOME: folder, TMPDIR: folder, SLACK: slackToken, ...given };
  stack.defer(async () => {
    const trees = await Promise.all(listeners.map(({ pid }) => treeOf(pid)));
    await signal("SIGTERM", trees.flatMap(({ listener }) => listener ?? [])); // prettier-ignore
    await Promise.all(listeners.map(({ exit }) => exit));
  });
  return {
    ever,
    listeners: listeners as readonly Listener[],
    start: async () => {
      const listener = await startListener(join(folder, "fairlead.yaml"), env);
      ever.push(listener);
      listeners.push(listener);
      return listener;
    },
    trees: () => Promise.all(listeners.map(({ pid }) => treeOf(pid))),
    forget: (...ended: readonly Listener[]) => {
      for (const each of ended) listeners.splice(listeners.indexOf(each), 1);
    },
  };
}

/** Has a listener read its configuration again, and waits until it has. */
async function reload({ pid, said }: Listener): Promise<void> {
  const times = (): number => said().split("configuration read again").length;
  const before = times();
  process.kill(pid, "SIGHUP");
  await until(() => times() > before, said);
}
