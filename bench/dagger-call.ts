import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, matchesGlob } from "node:path";
import { prepareEngine, takeBridgePlace } from "../test/doubles/bridge.ts";
import { startRegistry, type Registry } from "../test/doubles/registry.ts";
import { pushTwoPlatforms } from "../test/pipelines/images.ts";
import type { Bench, Contender, Contest } from "./bench.ts";
import { plainEnvironment, runCommand, spreadOf } from "./measure.ts";

export const daggerCall: Bench = {
  name: "dagger-call",
  question: "How long does `dagger call` take with our module, beside a module of ten lines?",
  notes: [
    "`dagger call` on the native engine, from a folder with nothing but the module's files: for ours, what dagger.json includes.",
    "Cold: the engine has not seen this package.json, so that npm installs the packages (which are in its cache) and all that follows is made anew. The engine itself, the SDK's image and npm's cache are warm: a first call on a fresh engine is longer by what it takes to unpack the image and download the packages.",
    "An edit changes one file, and neither package.json nor what a function takes.",
    "Ours plans a tag, `retag --unchecked --dry-run`: it parses input, opens a run, asks a registry on this machine for one manifest and plans a step. It is never remembered, and neither is the greeting beside it.",
    "Remembered: Dagger keeps what a function returned unless that says `cache: never`, so that no container starts. Ours is `image` of a folder that was built before.",
    "At every call Dagger's SDK imports each file of the folder `src` of a module, and has TypeScript's compiler read them and all that they name. Ours has the class there, which imports the rest when it is called. The lines of the last row are our own once more: copies of the files of src/core beside them, which nothing imports.",
  ],
  async open(before) {
    await using stack = new AsyncDisposableStack();
    const home = await mkdtemp(join(tmpdir(), "fairlead-bench-"));
    stack.defer(() => rm(home, { recursive: true, force: true }));
    const variables = await prepareEngine();
    const registry = stack.use(await startRegistry(stack.use(await takeBridgePlace())));
    await pushTwoPlatforms({ host: registry.host, repository: "acme/app" }, "1");
    const plan = planOn(registry);
    const lines = await writeModules(home);
    if (before !== undefined) for (const name of ["before", "before-changed"]) await copyModule(before, join(home, name));
    const call = caller({ ...plainEnvironment(), ...variables });
    const [base, grown]: [number[], number[]] = [[], []];
    const ended = stack.move();
    const contest: Contest = {
      contenders: [
        ...warmContenders(home, call, plan, before !== undefined),
        ...changedContenders(home, call, plan, before !== undefined),
        timed(base, { row: "lines", name: "fairlead", run: () => call(join(home, "fairlead"), plan("base")) }),
        timed(grown, { row: "lines", name: `fairlead and ${lines} lines more`, run: () => call(join(home, "grown"), plan("grown")) }),
      ],
      remarks: () => {
        const more = spreadOf(grown.slice(1).map((time, round) => time - base[round + 1]!)).median;
        return Promise.resolve([`1,000 lines more cost ${((more / lines) * 1000).toFixed(0)} ms a call (median of the pairs).`]);
      },
      [Symbol.asyncDispose]: () => ended.disposeAsync(),
    };
    return contest;
  },
};

const root = join(import.meta.dirname, "..");
const hello = join(import.meta.dirname, "peers/hello-module");

type Call = (module: string, args: readonly string[]) => Promise<void>;

function caller(env: NodeJS.ProcessEnv): Call {
  const program = env._EXPERIMENTAL_DAGGER_CLI_BIN ?? "dagger";
  return (module, args) => runCommand({ program, args: ["call", "--progress=plain", `--mod=${module}`, ...args], env });
}

let calls = 0;

/** Returns the arguments of a call: those of one that was not made before, unless it is always the same. */
type PlanOf = (name: string) => readonly string[];

/** Plans to give a tag to an image of a registry. */
function planOn({ host }: Registry): PlanOf {
  return (name) => {
    const tag = name === "same" ? name : `${name}-${++calls}`;
    return [`--plain-http=${host}`, "retag", `--source=${host}/acme/app:1`, `--tags=${tag}`, "--unchecked", "--dry-run", "plan"];
  };
}

function warmContenders(home: string, call: Call, plan: PlanOf, withBefore: boolean): readonly Contender[] {
  const [peer, ours] = [join(home, "hello"), join(home, "fairlead")];
  const before = (row: string, name: string): readonly Contender[] =>
    withBefore ? [{ row, name: "fairlead before", run: () => call(join(home, "before"), plan(name)) }] : [];
  const image = ["image", `--source=${join(home, "source")}`, "label", "--name=org.opencontainers.image.source"];
  return [
    { row: "same arguments", name: "hello", run: () => call(peer, ["greet", "--name=same"]) },
    { row: "same arguments", name: "fairlead", goal: 1.3, run: () => call(ours, plan("same")) },
    ...before("same arguments", "same"),
    { row: "other arguments", name: "hello", run: () => call(peer, ["greet", `--name=${++calls}`]) },
    { row: "other arguments", name: "fairlead", goal: 1.3, run: () => call(ours, plan("other")) },
    ...before("other arguments", "other"),
    { row: "remembered", name: "hello", run: () => call(peer, ["remember", "--name=same"]) },
    { row: "remembered", name: "fairlead", run: () => call(ours, image) },
  ];
}

function changedContenders(home: string, call: Call, plan: PlanOf, withBefore: boolean): readonly Contender[] {
  const edit = async (name: string): Promise<void> => {
    const file = join(home, name, name.startsWith("fairlead") ? "src/src/index.ts" : "src/index.ts");
    await writeFile(file, `${(await readFile(file, "utf8")).replace(/^\/\/ edit .*\n/m, "")}// edit ${++calls}\n`);
  };
  const renew = async (name: string): Promise<void> => {
    const file = join(home, name, name.startsWith("fairlead") ? "src/package.json" : "package.json");
    await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, "utf8")) as object), version: `0.0.${++calls}` }));
  };
  const ours = (row: string, folder: "fairlead" | "before", prepare: (name: string) => Promise<void>): Contender => ({
    row,
    name: folder === "before" ? "fairlead before" : "fairlead",
    ...(folder === "fairlead" ? { goal: 2 } : {}),
    prepare: () => prepare(`${folder}-changed`),
    run: () => call(join(home, `${folder}-changed`), plan("changed")),
  });
  const both = (row: string, prepare: (name: string) => Promise<void>): readonly Contender[] => [
    { row, name: "hello", prepare: () => prepare("hello-changed"), run: () => call(join(home, "hello-changed"), ["greet", "--name=x"]) },
    ours(row, "fairlead", prepare),
    ...(withBefore ? [ours(row, "before", prepare)] : []),
  ];
  return [...both("after an edit", edit), ...both("cold", renew)];
}

/** Records how long each run took, in milliseconds. */
function timed(times: number[], contender: Contender): Contender {
  const run = async (): Promise<void> => {
    const start = process.hrtime.bigint();
    await contender.run();
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  };
  return { ...contender, run };
}

/** Writes the modules, each in a folder of its own, and a folder to build. Returns how many lines one of them has more. */
async function writeModules(home: string): Promise<number> {
  for (const name of ["hello", "hello-changed"]) await cp(hello, join(home, name), { recursive: true });
  for (const name of ["fairlead", "fairlead-changed", "grown"]) await copyModule(root, join(home, name));
  await mkdir(join(home, "source"));
  await writeFile(join(home, "source/Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
  const core = join(home, "grown/src/core");
  let lines = 0;
  for (const copy of ["more", "most"]) await cp(core, join(home, "grown/src", copy), { recursive: true });
  for (const file of globSync(join(core, "**/*.ts"))) lines += 2 * (await readFile(file, "utf8")).split("\n").length;
  return lines;
}

/** Copies what a call of our module in a version's folder is given: its source, but for what dagger.json leaves out. */
async function copyModule(version: string, folder: string): Promise<void> {
  const { source, include } = JSON.parse(await readFile(join(version, "dagger.json"), "utf8")) as {
    source: string;
    include: readonly string[];
  };
  const left = include.map((pattern) => pattern.slice(1));
  const isLeft = (path: string): boolean => left.some((each) => matchesGlob(path, each) || path.startsWith(`${each}/`));
  const files = globSync(join(source, "**/*.*"), { cwd: version, exclude: isLeft }).filter((path) => !isLeft(path));
  for (const path of ["dagger.json", ...files]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(version, path), join(folder, path));
  }
}
