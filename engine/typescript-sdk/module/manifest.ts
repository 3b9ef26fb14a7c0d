import ts from "typescript";
import type { Source } from "./request.ts";

/** A module's package.json as its container has it, and whether npm has to install anything for it. */
export interface Manifest {
  readonly content: Readonly<Record<string, unknown>>;
  readonly installs: boolean;
}

type Ranges = Readonly<Record<string, string>>;

interface PackageJson {
  readonly dependencies?: Ranges;
  readonly optionalDependencies?: Ranges;
  readonly peerDependencies?: Ranges;
  readonly dagger?: { readonly runtime?: string; readonly baseImage?: string };
}

/** Returns it without what is for development, and without the SDK, which is the image's. A module is an ES module whatever it says. */
export async function readManifest({ name, read }: Source): Promise<Manifest> {
  const given = JSON.parse((await read("package.json")) ?? "{}") as PackageJson;
  const runtime = given.dagger?.runtime ?? "node";
  if (!/^node(@24\b.*)?$/.test(runtime)) {
    throw new Error(`load module ${name}: the native engine runs modules with Node 24, and package.json asks for ${runtime}`);
  }
  if (given.dagger?.baseImage !== undefined) {
    throw new Error(
      `load module ${name}: the native engine has one image for modules, and package.json asks for ${given.dagger.baseImage}`,
    );
  }
  const ranges = {
    dependencies: withoutSdk(given.dependencies),
    optionalDependencies: withoutSdk(given.optionalDependencies),
    peerDependencies: withoutSdk(given.peerDependencies),
  };
  const content = { ...given, ...ranges, type: "module", devDependencies: undefined, scripts: undefined };
  return {
    content,
    installs: Object.values(ranges).some((each) => Object.entries(each).some(([dependency, range]) => !isProvided(dependency, range))),
  };
}

function withoutSdk(ranges: Ranges = {}): Ranges {
  return Object.fromEntries(Object.entries(ranges).filter(([dependency]) => dependency !== "@dagger.io/dagger"));
}

/** What `dagger init` puts into a new module is in the image: TypeScript 5.9. */
function isProvided(dependency: string, range: string): boolean {
  return dependency === "typescript" && /^[~^]?5\.9\./.test(range);
}

/** Returns the module's tsconfig.json with what its decorators need. */
export async function tsconfigOf({ name, read }: Source): Promise<string> {
  const parsed = ts.parseConfigFileTextToJson("tsconfig.json", (await read("tsconfig.json")) ?? "{}");
  if (parsed.error !== undefined) {
    throw new Error(`load module ${name}: tsconfig.json: ${ts.flattenDiagnosticMessageText(parsed.error.messageText, " ")}`);
  }
  const config = parsed.config as { readonly compilerOptions?: object };
  return JSON.stringify({ ...config, compilerOptions: { target: "es2022", ...config.compilerOptions, experimentalDecorators: true } });
}
