import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, Contender, Contest } from "./bench.ts";
import { prepareBuilds, type Builds } from "./ingest/builds.ts";
import { startListener, notifyRoute, type Listener } from "./ingest/listener.ts";
import { adnanh, examplePush, nginx, nodePeer, setUpPeers, versions, type StartPeer } from "./ingest/peers.ts";
import type { Answer } from "./ingest/sender-process.ts";
import { startSender, type Sender } from "./ingest/sender.ts";
import type { Server } from "./ingest/server.ts";
import { spreadOf, type Spread } from "./measure.ts";

export const ingest: Bench = {
  name: "ingest",
  question: "How fast are signed pushes of GitHub's taken, beside listeners that store nothing?",
  notes: [
    "A push is GitHub's example with a commit and an id of its own: 7.7 kB, signed by HMAC-SHA256. 32 connections send one after the other and are kept; all is on this machine's loopback.",
    "All servers share one core, the load has the other. What nginx and bare Node take in is at the load's own limit.",
    "nginx answers `return 202`: no body is read. bare Node reads the body, proves its sender and answers. @octokit/webhooks and Probot prove, parse, and call a handler that does nothing before they answer. None of them stores anything: what they were doing when they die is lost, unless somebody asks GitHub again.",
    "adnanh/webhook is Debian's. It proves, parses and starts `true` for each push, and answers before that has ended. It stores nothing.",
    "fairlead proves, parses, looks whether it knows the delivery, and has it on disk before it answers: body, events, and with a route the run, its input checked by the pipeline's schema. The worker has one run all the time, so that no run is performed meanwhile; of the others each supersedes the one before it, which is the default for pushes.",
    "After each round fairlead's store is asked for each push that it has answered.",
    "The burst is 10,000 pushes to a fresh store while the listener's two workers build: each build is one `RUN` that does nothing but compute, so that the two take what they get of both cores. 2,000 pushes before it warm the listener up. The listener has the precedence that its systemd unit gives it.",
  ],
  async open() {
    await using stack = new AsyncDisposableStack();
    await setUpPeers();
    // not in /tmp, which on many machines is memory: a sync would cost nothing
    const cache = join(import.meta.dirname, "../.cache");
    await mkdir(cache, { recursive: true });
    const folder = await mkdtemp(join(cache, "bench-ingest-"));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const sender = startSender(stack, examplePush());
    const elsewhere = { ...notifyRoute, when: { ...notifyRoute.when, branch: "main" } };
    const routed = await startListener(stack, folder, { name: "routed", workers: 1, routes: [notifyRoute] });
    const unrouted = await startListener(stack, folder, { name: "unrouted", workers: 1, routes: [elsewhere] });
    const many = { row: "5,000 pushes", count: 5_000 };
    const few = { row: "1,000 pushes", count: 1_000 };
    const taking = async (start: StartPeer): Promise<Pick<Taker, "server" | "stores">> => ({
      server: await start(stack, folder),
      stores: "nothing",
    });
    const takers: readonly Taker[] = [
      { ...many, ...(await taking(nodePeer("octokit"))), name: "@octokit/webhooks" },
      { ...many, ...(await taking(nodePeer("probot"))), name: "Probot" },
      { ...many, ...(await taking(nodePeer("bare-node"))), name: "node:http and HMAC" },
      { ...many, ...(await taking(nginx)), name: "nginx, return 202" },
      { ...many, ...stored(routed, 1), name: "fairlead, with a run", goal: 1.67 },
      { ...many, ...stored(unrouted, 0), name: "fairlead, no route", goal: 1.67 },
      { ...few, ...(await taking(adnanh)), name: "adnanh/webhook" },
      { ...few, ...stored(routed, 1), name: "fairlead, with a run", goal: 0.2 },
    ];
    const burst: Round[] = [];
    const rounds = takers.map((): Round[] => []);
    const ended = stack.move();
    return {
      contenders: [...takers.map((taker, index) => contenderOf(taker, sender, rounds[index]!)), burstContender(folder, sender, burst)],
      details: () =>
        Promise.resolve(
          formatRounds([...takers.map((taker, index) => ({ ...taker, rounds: rounds[index]! })), { ...burstRow, rounds: burst }]),
        ),
      remarks: async () => [
        `A sync of 8 KiB to the disk of the store takes ${await syncMilliseconds(folder)} ms (median).`,
        `${await versions()}.`,
      ],
      [Symbol.asyncDispose]: () => ended.disposeAsync(),
    } satisfies Contest;
  },
};

/** A server that takes pushes. */
interface Taker {
  readonly name: string;
  readonly row: string;
  /** The number of pushes in a round. */
  readonly count: number;
  readonly goal?: number;
  readonly server: Server;
  readonly stores: string;
  /** Throws unless it has stored what it has answered. */
  readonly check?: (answers: readonly Answer[]) => Promise<void>;
}

function stored(listener: Listener, runs: number): Pick<Taker, "server" | "stores" | "check"> {
  const stores = runs > 0 ? "on disk: delivery and run" : "on disk: delivery";
  return { server: listener, stores, check: (answers) => listener.requireStored(answers, runs) };
}

/** One round: the result of its pushes, and the time for all. */
interface Round {
  readonly answers: readonly Answer[];
  readonly milliseconds: number;
}

function contenderOf({ name, row, count, goal, server, check }: Taker, sender: Sender, rounds: Round[]): Contender {
  return {
    name,
    row,
    ...(goal !== undefined && { goal }),
    prepare: () => sender.make(count, server),
    run: async () => void rounds.push(await sendAll(sender, server)),
    async settle() {
      await server.rest();
      await check?.(rounds.at(-1)!.answers);
    },
  };
}

async function sendAll(sender: Sender, server: Server): Promise<Round> {
  const begun = performance.now();
  const answers = await sender.send(server);
  const refused = answers.find(([, status]) => status !== 200 && status !== 202);
  if (refused !== undefined) throw new Error(`ingest: a push was answered with ${refused[1]}`);
  return { answers, milliseconds: performance.now() - begun };
}

const burstRow = { row: "10,000 pushes, two builds", name: "fairlead, with a run", stores: "on disk: delivery and run" };

/** Each round has a store and a listener of its own: its workers build until it is stopped. */
function burstContender(folder: string, sender: Sender, rounds: Round[]): Contender {
  let parts: { readonly stack: AsyncDisposableStack; readonly builds: Builds; readonly listener: Listener } | undefined;
  return {
    ...burstRow,
    async prepare() {
      await using stack = new AsyncDisposableStack();
      const own = await mkdtemp(join(folder, "burst-"));
      stack.defer(() => rm(own, { recursive: true, force: true }));
      const builds = await prepareBuilds(stack, own);
      const listener = await startListener(stack, own, {
        name: "burst",
        workers: builds.branches.length,
        routes: [notifyRoute, ...builds.routes],
      });
      for (const branch of builds.branches) {
        await sender.make(1, listener, branch);
        await sendAll(sender, listener);
      }
      await builds.running(true);
      await sender.make(2_000, listener);
      await sendAll(sender, listener);
      await sender.make(10_000, listener);
      parts = { stack: stack.move(), builds, listener };
    },
    run: async () => void rounds.push(await sendAll(sender, parts!.listener)),
    async settle() {
      const { stack, builds, listener } = parts!;
      await listener.requireStored(rounds.at(-1)!.answers, 1);
      await stack.disposeAsync();
      await builds.running(false);
    },
  };
}

interface Row extends Pick<Taker, "name" | "row" | "stores"> {
  /** The first is the warm-up. */
  readonly rounds: readonly Round[];
}

function formatRounds(rows: readonly Row[]): string {
  const lines = rows.map(({ name, row, stores, rounds }) => {
    const kept = rounds.slice(1);
    const over = (measure: (round: Round) => number): Spread => spreadOf(kept.map(measure));
    const latencies = kept.map(({ answers }) => answers.map(([, , milliseconds]) => milliseconds).toSorted((a, b) => a - b));
    const at = (share: number): Spread => spreadOf(latencies.map((sorted) => sorted[Math.floor(share * (sorted.length - 1))]!));
    const perSecond = over(({ answers, milliseconds }) => (answers.length / milliseconds) * 1000).median;
    const [p50, p99, most] = [at(0.5), at(0.99), at(1)];
    const cells = [`${row}: ${name}`, Math.round(perSecond).toLocaleString("en"), p50.median.toFixed(1), p99.median.toFixed(1)];
    return [...cells, p99.most.toFixed(1), most.most.toFixed(1), row === burstRow.row ? "p99 ≤ 50 ms" : "", stores];
  });
  const head = ["Medians of the rounds", "pushes/s", "p50 ms", "p99 ms", "worst p99 ms", "most ms", "goal", "stores"];
  const table = [head, ["---", "---:", "---:", "---:", "---:", "---:", "---", "---"], ...lines];
  return table.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** Returns the least cost of a transaction that shares its sync with no other. */
async function syncMilliseconds(folder: string): Promise<string> {
  await using file = await open(join(folder, "sync"), "w");
  const [bytes, times]: [Buffer, number[]] = [Buffer.alloc(8192, "x"), []];
  while (times.length < 200) {
    const begun = performance.now();
    await file.write(bytes);
    await file.datasync();
    times.push(performance.now() - begun);
  }
  return spreadOf(times).median.toFixed(2);
}
