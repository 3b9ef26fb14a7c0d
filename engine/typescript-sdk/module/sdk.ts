// The SDK as the engine calls it: a module with the functions `moduleRuntime` and `codegen`, which the engine believes to be compiled from Go.
// What it calls is in core/sdk/go_sdk.go and core/sdk/module_*.go of github.com/dagger/dagger.
import { writeFile } from "node:fs/promises";
import { connection, dag, type Function_, type JSON as DaggerJson } from "@dagger.io/dagger";
import { generateCode } from "./codegen.ts";
import { createRuntime } from "./runtime.ts";

const object = "TypescriptSdk";

/** Registers the SDK's object and writes the id of the module to a file, as the Go SDK's `codegen generate-typedefs` does. */
async function writeTypes(file: string): Promise<void> {
  const type = (name: string) => dag.typeDef().withObject(name);
  const ofModule = (made: Function_): Function_ =>
    made.withArg("modSource", type("ModuleSource")).withArg("introspectionJson", type("File"));
  const sdk = type(object)
    .withField("sdkSourceDir", type("Directory"))
    .withConstructor(dag.function_("", type(object)).withArg("sdkSourceDir", type("Directory")))
    .withFunction(ofModule(dag.function_("moduleRuntime", type("Container"))))
    .withFunction(ofModule(dag.function_("codegen", type("GeneratedCode"))));
  await writeFile(file, JSON.stringify(await dag.module_().withObject(sdk).id()));
}

/** Answers the call of a function for which the engine started this process. */
async function answerCall(): Promise<void> {
  const call = dag.currentFunctionCall();
  const given = (await call.inputArgs()).map(async (arg) => [await arg.name(), JSON.parse(await arg.value()) as string]);
  const args = Object.fromEntries((await Promise.all(given)) as [string, string][]);
  try {
    const result = await callFunction(await call.name(), JSON.parse(await call.parent()) as Readonly<Record<string, string>>, args);
    await call.returnValue(JSON.stringify(result) as DaggerJson);
  } catch (error) {
    await call.returnError(dag.error(error instanceof Error ? error.message : String(error)));
    process.exitCode = 1;
  }
}

/** The ids that a function of the object is given, and the id or object that it returns. The constructor has no name. */
async function callFunction(
  name: string,
  self: Readonly<Record<string, string>>,
  args: Readonly<Record<string, string>>,
): Promise<unknown> {
  if (name === "") return { sdkSourceDir: args.sdkSourceDir };
  const request = {
    root: dag.loadDirectoryFromID(self.sdkSourceDir as never),
    source: dag.loadModuleSourceFromID(args.modSource as never),
    schema: dag.loadFileFromID(args.introspectionJson as never),
  };
  return (await (name === "codegen" ? generateCode(request) : createRuntime(request))).id();
}

const [role, file = ""] = process.argv.slice(2);
await connection(() => (role === "types" ? writeTypes(file) : answerCall()));
