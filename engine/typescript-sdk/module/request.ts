import { dag, type Container, type Directory, type File, type ModuleSource } from "@dagger.io/dagger";

/** What a function of the SDK is given: the image's root, a module, and the API that the module sees. */
export interface Request {
  readonly root: Directory;
  readonly source: ModuleSource;
  readonly schema: File;
}

/** What is in the module's folder. */
export interface Source {
  readonly name: string;
  /** Where the module is in its container: the engine's scanner expects it under /src. */
  readonly workdir: string;
  /** The path of the folder within the context directory. */
  readonly subpath: string;
  readonly folder: Directory;
  readonly entries: readonly string[];
  /** The text of a file, if it is there. */
  readonly read: (name: string) => Promise<string | undefined>;
}

const home = "/usr/lib/fairlead";

/** Returns the module, or throws in one line why it cannot run here. */
export async function readSource({ source }: Request): Promise<Source> {
  const name = await source.moduleOriginalName();
  const language = await source.sdk().source();
  if (language !== "typescript")
    throw new Error(`load module ${name}: the native engine runs modules in TypeScript, and this one is in ${language}`);
  const subpath = await source.sourceSubpath();
  const folder = source.contextDirectory().directory(subpath);
  const entries = await folder.entries();
  const has = (file: string): boolean => entries.includes(file);
  if (has("deno.json") || has("deno.jsonc"))
    throw new Error(`load module ${name}: the native engine runs modules with Node, and this one is for Deno`);
  return {
    name,
    workdir: subpath === "." || subpath === "" ? "/src" : `/src/${subpath}`,
    subpath,
    folder,
    entries,
    read: async (file) => (has(file) ? folder.file(file).contents() : undefined),
  };
}

/** Without a bundle by name npm would wait for minutes behind a proxy with a CA of its own. */
const environment = {
  PATH: "/usr/bin:/bin",
  HOME: "/root",
  NODE_COMPILE_CACHE: `${home}/compiled`,
  NODE_OPTIONS: "--use-openssl-ca",
  SSL_CERT_FILE: "/etc/ssl/certs/ca-certificates.crt",
};

/** Programs of the container: the process of one call, and what makes its files ready beforehand. */
export const entry = `${home}/module/entry.ts`;
export const compile = `${home}/module/compile.ts`;

/** Where the SDK's package is. */
export const sdkFolder = "/node_modules/@dagger.io/dagger/dist/src";

/** Replaces the client by the one for what the module sees, the core and its dependencies, and lets Node compile all that a call loads. */
const putClient = `
  ${home}/codegen --lang typescript generate-module --output /out --module-source-path /out --module-name "$1" --introspection-json-path /schema.json
  cd ${sdkFolder}/api
  rm client.gen.*
  mv /out/sdk/src/api/client.gen.ts .
  node /node_modules/esbuild/bin/esbuild client.gen.ts --outfile=client.gen.js --target=node24 --log-level=warning
  node ${entry}
  rm -r /out`;

/** Returns a container with the SDK for a module, and nothing of the module itself: it changes with its dependencies alone. */
export function withSdk({ root, schema }: Request, { name }: Source): Container {
  const base = dag.container().withRootfs(root);
  return Object.entries(environment)
    .reduce((container, [variable, value]) => container.withEnvVariable(variable, value), base)
    .withMountedFile("/schema.json", schema)
    .withExec(["sh", "-euc", putClient, "sh", name])
    .withoutMount("/schema.json");
}
