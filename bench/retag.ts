import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProxy } from "../test/doubles/proxy.ts";
import { startRegistry, type Registry } from "../test/doubles/registry.ts";
import { contentOf, pushLayered, pushTwoPlatforms } from "../test/pipelines/images.ts";
import { toolPath } from "../test/tools.ts";
import type { Bench, Contender, Contest } from "./bench.ts";
import { peakMemory, plainEnvironment, runCommand, type Command } from "./measure.ts";

export const retag: Bench = {
  name: "retag",
  question:
    "What does it take to give an image that is there further tags, or to copy it to another registry, beside crane, regctl and skopeo?",
  notes: [
    "Each row is a whole process, or as many as it takes: crane, regctl and skopeo give one tag a call, so that ten tags are ten calls in turn. fairlead gives all in one.",
    "Every round gives new tags, or copies to a new repository, so that nobody finds the work done.",
    "fairlead looks at a tag before it gives it (the conflict check) and after (the read-back): two HEADs a tag, without a body. `--unchecked` leaves both out. No peer refuses to move a version, and none reads back; regctl's HEAD is to see whether there is anything to do.",
    "crane asks `GET /v2/` before it reads and before it writes.",
    "skopeo is Debian's, with `--all --preserve-digests`: without them it copies one platform, or may change the digest. Its memory of where blobs are is off: every copy is its first.",
    "Requests and bytes are of one run through a counting proxy, which the timed runs do not pass; bytes are those of all bodies, both ways and both registries. Peak memory is the largest resident set of that run.",
    "Registries are Debian's docker-registry on this machine, with plain HTTP and no login. The copy is of 8 layers of 128 MiB each that no compression makes smaller.",
    "skopeo is not asked for a hundred tags: its calls are those of ten, ten times.",
    "`node -e 0` is Node's start alone, which each run of fairlead has in it.",
  ],
  async open(before) {
    await using stack = new AsyncDisposableStack();
    const home = await mkdtemp(join(tmpdir(), "fairlead-bench-"));
    stack.defer(() => rm(home, { recursive: true, force: true }));
    const [source, other] = [stack.use(await startRegistry()), stack.use(await startRegistry())];
    const place = { host: source.host, repository };
    await pushTwoPlatforms(place, "index");
    await pushLayered(
      place,
      Array.from({ length: 100 }, (_, index) => `layer ${index}`),
      { tag: "layers" },
    );
    await pushLayered(
      place,
      Array.from({ length: 8 }, () => randomBytes(128 * 2 ** 20)),
      { tag: "large" },
    );
    const tools = toolsWith(home, before);
    const between = { from: source.host, to: other.host };
    const ended = stack.move();
    const contest: Contest = {
      contenders: rows.flatMap((row) => contendersOf(row, tools, between)),
      details: () => countAll(tools, source, other),
      [Symbol.asyncDispose]: () => ended.disposeAsync(),
    };
    return contest;
  },
};

const root = join(import.meta.dirname, "..");
const repository = "acme/app";

/** One question, which all contenders answer. */
interface Row {
  readonly name: string;
  /** The tag of what is retagged. */
  readonly source: string;
  /** The number of new tags. */
  readonly tags: number;
  /** True if it is copied to the other registry. */
  readonly copy: boolean;
}

const rows: readonly Row[] = [
  { name: "index of two platforms", source: "index", tags: 1, copy: false },
  { name: "image of 100 layers", source: "layers", tags: 1, copy: false },
  { name: "index, 10 tags", source: "index", tags: 10, copy: false },
  { name: "index, 100 tags", source: "index", tags: 100, copy: false },
  { name: "1 GiB to another registry", source: "large", tags: 1, copy: true },
];

/** The registry of an image and its destination: both `HOST:PORT`, and the same within one registry. */
interface Between {
  readonly from: string;
  readonly to: string;
}

/** One of the programs, and the calls that it needs to set tags. The others are compared with the first of a row. */
interface Tool {
  readonly name: string;
  readonly goal?: number;
  serves(row: Row): boolean;
  /** The source, and the new images. */
  calls(source: string, images: readonly string[], between: Between): readonly Command[];
}

function toolsWith(home: string, before: string | undefined): readonly Tool[] {
  const [crane, regctl] = [toolPath("crane"), toolPath("regctl")];
  const env = { ...plainEnvironment(), HOME: home }; // without logins and settings of a person
  const command = (program: string, ...args: readonly string[]): Command => ({ program, args, env });
  const each = (images: readonly string[], call: (image: string) => Command): readonly Command[] => images.map(call);
  const fairlead =
    (folder: string, ...more: readonly string[]) =>
    (source: string, images: readonly string[], { from, to }: Between): readonly Command[] => {
      const destination = from === to ? [] : ["--to", images[0]!.replace(/:[^:/]*$/, "")];
      return [command(process.execPath, join(folder, "dist/fairlead.js"), "retag", source, ...images.map(tagOf), ...destination, ...more)];
    };
  const every = (): boolean => true;
  const small = ({ copy }: Row): boolean => !copy;
  return [
    {
      name: "crane",
      serves: every,
      calls: (source, images, { from, to }) =>
        each(images, (image) => (from === to ? command(crane, "tag", source, tagOf(image)) : command(crane, "copy", source, image))),
    },
    {
      name: "regctl",
      serves: every,
      calls: (source, images, { from, to }) => {
        const hosts = [...new Set([from, to])].flatMap((host) => ["--host", `reg=${host},tls=disabled`]);
        return each(images, (image) => command(regctl, ...hosts, "image", "copy", source, image));
      },
    },
    {
      name: "skopeo",
      serves: ({ tags }) => tags <= 10,
      calls: (source, images) => {
        const flags = ["--all", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false"];
        return each(images, (image) => forgetful(command("skopeo", "copy", ...flags, `docker://${source}`, `docker://${image}`)));
      },
    },
    { name: "fairlead", serves: every, goal: 1.1, calls: fairlead(root) },
    { name: "fairlead --unchecked", serves: small, calls: fairlead(root, "--unchecked") },
    ...(before === undefined ? [] : [{ name: "fairlead before", serves: every, calls: fairlead(before) }]),
    { name: "node -e 0", serves: ({ name }) => name === rows[0]?.name, calls: () => [command(process.execPath, "-e", "0")] },
  ];
}

/**
 * skopeo remembers where it has put a blob, and mounts it from there the next time. Without a writable folder it
 * remembers nothing.
 */
function forgetful({ program, args, env }: Command): Command {
  const nobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
  const [first = program, ...rest] = [...nobody, program];
  return {
    program: first,
    args: [...rest, ...args],
    env: { ...env, HOME: "/nonexistent", XDG_DATA_HOME: "/nonexistent", XDG_RUNTIME_DIR: "/nonexistent" },
  };
}

function tagOf(image: string): string {
  return image.slice(image.lastIndexOf(":") + 1);
}

function contendersOf(row: Row, tools: readonly Tool[], { from, to }: Between): readonly Contender[] {
  return tools
    .filter((tool) => tool.serves(row))
    .map(({ name, goal, ...tool }) => ({
      name,
      row: row.name,
      ...(goal !== undefined && row.copy ? { goal } : {}),
      run: async () => {
        for (const call of callsOf(tool, row, row.copy ? { from, to } : { from, to: from })) await runCommand(call);
      },
    }));
}

let runs = 0;

/** Tags are new in each run. A copy has a new repository, since a registry keeps a blob for each. */
function callsOf(tool: Pick<Tool, "calls">, { source, tags, copy }: Row, between: Between): readonly Command[] {
  const run = ++runs;
  const name = copy ? `${between.to}/copies/run-${run}` : `${between.to}/${repository}`;
  const images = Array.from({ length: tags }, (_, index) => `${name}:run-${run}-${index}`);
  return tool.calls(`${between.from}/${repository}:${source}`, images, between);
}

/** Returns requests, bytes and memory of one run each, as a table. */
async function countAll(tools: readonly Tool[], source: Registry, other: Registry): Promise<string> {
  await using first = await startProxy(source.host);
  await using second = await startProxy(other.host);
  const lines = ["| | | requests | of them HEAD | bytes | peak MiB |", "| --- | --- | ---: | ---: | ---: | ---: |"];
  for (const row of rows) {
    for (const tool of tools.filter((each) => each.serves(row) && each.name !== "node -e 0")) {
      const before = [first.requests.length, second.requests.length];
      const calls = callsOf(tool, row, { from: first.host, to: row.copy ? second.host : first.host });
      const peaks: number[] = [];
      for (const call of calls) peaks.push(await peakMemory(call));
      const passed = [...first.requests.slice(before[0]), ...second.requests.slice(before[1])];
      const heads = passed.filter(({ method }) => method === "HEAD").length;
      const bytes = passed.reduce((sum, each) => sum + each.bytes, 0);
      const peak = (Math.max(...peaks) / 2 ** 20).toFixed(0);
      lines.push(`| ${row.name} | ${tool.name} | ${passed.length} | ${heads} | ${bytes.toLocaleString("en")} | ${peak} |`);
    }
  }
  await requireEqual(source, other);
  return `${lines.join("\n")}\n`;
}

/** Throws unless the last copy is the image, byte by byte. */
async function requireEqual(source: Registry, other: Registry): Promise<void> {
  const image = await contentOf({ host: source.host, repository }, "large");
  const copy = await contentOf({ host: other.host, repository: `copies/run-${runs}` }, `run-${runs}-0`);
  if (copy.join() !== image.join()) throw new Error("retag: the copy differs from the image");
}
