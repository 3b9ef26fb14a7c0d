import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench, Contender, Contest } from "./bench.ts";
import { plainEnvironment, runCommand } from "./measure.ts";

export const setImage: Bench = {
  name: "set-image",
  question: "How long does it take to set an image in a folder of Kubernetes manifests, beside yq, kustomize and sed?",
  notes: [
    "Each row is a folder of so many Deployments, each with a kustomization beside it that is not changed, of which some refer to the image. Each contender has a folder of its own, and sets one tag and then another, so that nobody finds the work done.",
    "`sed` is the floor: `grep -rlF` finds the files, `sed -i` replaces text. It parses nothing, so it changes comments and strings that look alike, and proves nothing.",
    "`yq` is mikefarah's, behind the same `grep -rlF`, so that it parses only files with a hit. It writes the whole document anew: blank lines and some comments move. Of several files `-i` writes only the first, so each is a process. `yq, all files` is the same without `grep`, as many a script does it; with more than 200 files it takes too long to be measured here.",
    "`kustomize edit set image` knows one folder at a time and no Deployment: it writes the tag into the kustomization of each folder that it is told of, one process each; 500 of 10,000 are left out.",
    "Flux's own setters are no public Go package and are not among them.",
    "fairlead reads each file, parses those in which the repository's name can be, whole or in two fields, and those that have its last part and are not simple enough to see that nothing is wrong with them, finds references in all forms, proves that nothing else changed, and writes all files or none.",
  ],
  async open() {
    await using stack = new AsyncDisposableStack();
    const home = await mkdtemp(join(tmpdir(), "fairlead-bench-"));
    stack.defer(() => rm(home, { recursive: true, force: true }));
    const tools = await compileTools();
    const contenders: Contender[] = [];
    for (const row of rows) contenders.push(...(await contendersOf(row, tools, join(home, `${row.files}-${row.hits}`))));
    const ended = stack.move();
    const contest: Contest = { contenders, [Symbol.asyncDispose]: () => ended.disposeAsync() };
    return contest;
  },
};

interface Row {
  /** Deployments in the folder. */
  readonly files: number;
  /** Those that refer to the image. */
  readonly hits: number;
}

const rows: readonly Row[] = [
  { files: 100, hits: 1 },
  { files: 1_000, hits: 1 },
  { files: 1_000, hits: 500 },
  { files: 10_000, hits: 1 },
  { files: 10_000, hits: 500 },
];

const repository = "ghcr.io/acme/app";
const fairlead = join(import.meta.dirname, "../dist/fairlead.js");

/** Where the compiled peers are. */
export interface Tools {
  readonly yq: string;
  readonly kustomize: string;
}

/** Compiles the peers of the editor, the first time in a minute or two. */
export async function compileTools(): Promise<Tools> {
  const folder = join(import.meta.dirname, "../.cache/bench-tools");
  const { GOPROXY, GOFLAGS, GOSUMDB } = process.env;
  const env = {
    ...plainEnvironment(),
    ...(GOPROXY && { GOPROXY }),
    ...(GOFLAGS && { GOFLAGS }),
    ...(GOSUMDB && { GOSUMDB }),
    CGO_ENABLED: "0",
  };
  const module = join(import.meta.dirname, "tools");
  await runCommand({ program: "go", args: ["-C", module, "build", "-trimpath", `-o=${folder}/`, "tool"], env });
  return { yq: join(folder, "yq"), kustomize: join(folder, "kustomize") };
}

async function contendersOf(row: Row, { yq, kustomize }: Tools, home: string): Promise<readonly Contender[]> {
  const name = `${row.files} files, ${row.hits} hit${row.hits === 1 ? "" : "s"}`;
  const hitFolders = Array.from({ length: row.hits }, (_, index) => folderOf(index * Math.floor(row.files / row.hits)));
  const make = async (contender: string, script: (folder: string, tag: string) => readonly string[]): Promise<Contender> => {
    const folder = join(home, contender.replaceAll(/\W/g, "-"));
    await writeManifests(folder, row);
    let turn = 0;
    return {
      name: contender,
      row: name,
      async run() {
        const [program = "", ...args] = script(folder, `1.${++turn}`);
        await runCommand({ program, args, env: plainEnvironment() });
        await proveDone(folder, contender, hitFolders, `1.${turn}`);
      },
    };
  };
  const found = (folder: string): string => `grep -rlZF '${repository}:' ${folder} | xargs -0`;
  const few = row.files <= 100;
  const quick = row.hits * row.files <= 500_000;
  const expression = (tag: string): string => `'(.. | select(tag == "!!str" and test("^${repository}:"))) = "${repository}:${tag}"'`;
  const shell = (script: string): readonly string[] => ["sh", "-c", script];
  return [
    await make("yq", (folder, tag) => shell(`${found(folder)} -n 1 ${yq} -i ${expression(tag)}`)),
    ...(few
      ? [
          await make("yq, all files", (folder, tag) =>
            shell(`find ${folder} -name '*.yaml' -print0 | xargs -0 -n 1 ${yq} -i ${expression(tag)}`),
          ),
        ]
      : []),
    ...(quick
      ? [
          await make("kustomize edit set image", (folder, tag) => {
            const each = `cd {} && ${kustomize} edit set image ${repository}=${repository}:${tag}`;
            return shell(`cd ${folder} && printf '%s\\n' ${hitFolders.join(" ")} | xargs -I{} sh -c '${each}'`);
          }),
        ]
      : []),
    await make("sed", (folder, tag) => shell(`${found(folder)} sed -i -E 's#${repository}:[^"]*#${repository}:${tag}#'`)),
    await make("fairlead set-image", (folder, tag) => [process.execPath, fairlead, "set-image", `${repository}:${tag}`, folder]),
  ];
}

function folderOf(index: number): string {
  return `apps/group-${index % 10}/app-${index}`;
}

async function writeManifests(folder: string, { files, hits }: Row): Promise<void> {
  const every = Math.floor(files / hits);
  for (let index = 0; index < files; index++) {
    const own = index % every === 0 && index / every < hits;
    const image = own ? repository : `ghcr.io/acme/service-${index}`;
    const app = join(folder, folderOf(index));
    await mkdir(app, { recursive: true });
    await writeFile(join(app, "deployment.yaml"), deploymentFile(index, image, "1.0"));
    await writeFile(join(app, "kustomization.yaml"), "kind: Kustomization\nresources:\n  - deployment.yaml\n");
  }
}

/** Returns a Deployment as a team writes it: some 1.3 kB, with comments. */
export function deploymentFile(index: number, image: string, tag: string): string {
  const env = Array.from(
    { length: 10 },
    (_, at) => `            - { name: SETTING_${at}, value: "value ${at} of ${index}" } # as agreed\n`,
  );
  return `# app ${index}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${index}
  namespace: group-${index % 10}
spec:
  replicas: 2

  selector:
    matchLabels: { app: app-${index} }
  template:
    metadata:
      labels: { app: app-${index} }
    spec:
      containers:
        - name: app
          image: "${image}:${tag}"
          env:
${env.join("")}`;
}

/** Throws if a contender was quick because it did nothing. */
async function proveDone(folder: string, contender: string, hitFolders: readonly string[], tag: string): Promise<void> {
  const file = contender.startsWith("kustomize") ? "kustomization.yaml" : "deployment.yaml";
  const wanted = contender.startsWith("kustomize") ? `newTag: "${tag}"` : `${repository}:${tag}`;
  for (const each of [hitFolders[0]!, hitFolders.at(-1)!]) {
    const text = await readFile(join(folder, each, file), "utf8");
    if (!text.includes(wanted)) throw new Error(`${contender}: ${each}/${file} does not hold ${wanted}\n${text}`);
  }
}
