// What the functions of the Dagger module share: they take Dagger's values and give objects that Dagger can spell.
import type { Client, Container, Directory, Secret } from "@dagger.io/dagger";
import { credentialHint, type CredentialWords } from "../core/credential-hint.ts";
import { asFairleadError, FairleadError, type WantedCredential } from "../core/errors.ts";
import { createContext } from "../core/run/context.ts";
import { credentialsOf, settleRepositories } from "../core/run/parsed-input.ts";
import { isLoopback } from "../core/git/repository.ts";
import { parseInput, runPipeline, type Pipeline } from "../core/run/pipeline.ts";
import { formatPlan, planCollector, planJson } from "../core/run/plan.ts";
import { createRedactor, createSecret, isSecret, redactAll, revealAll, type Redactor, type Secret as NamedSecret } from "../core/secret.ts";
import { stepLabel, type Report } from "../core/run/report.ts";
import type { Json } from "../core/json.ts";
import { kebabCase } from "../core/text/kebab.ts";
import { plainText } from "../core/text/line.ts";
import { visible } from "../core/text/visible.ts";
import { withoutTrace } from "../dagger/engine/build-log.ts";
import { cloneRepository, givenSource, openTree } from "../dagger/clone.ts";
import { imageOf } from "../dagger/image.ts";
import { log } from "./log.ts";
import { readServers, type ServerNames } from "./servers.ts";
import { spell } from "./spelling.ts";
import { cloneInput, imageInput } from "./values.ts";
import { pipelineTable } from "../pipelines/table.gen.ts";
import { openRun, type RunSettings } from "../wire.ts";

/**
 * Runs a pipeline: what every function of an effect does. Returns its result, in a dry run with the plan: the generated type of it is made from
 * the schema, as this is. Warnings, notices, the end of each step and the plan go to stderr, which Dagger shows. Throws an error whose message is
 * all that Dagger tells of it: our line, and below it our hint.
 */
export async function run<T>(name: string, servers: ServerNames, dryRun: boolean, values: Record<string, unknown>): Promise<T> {
  const redactor = createRedactor();
  const plan = planCollector();
  const tell = reporter(redactor, dryRun);
  const report: Report = (entry) => {
    plan.collect(entry);
    tell(entry);
  };
  try {
    const pipeline = await loadPipeline(name);
    await using open = openRun({ ...settingsOf(servers, redactor), dryRun, report });
    const input = revealable(values, redactor);
    parseInput(pipeline.name, pipeline.input, input);
    await revealAll(secretsOf(input));
    const result = await runPipeline(pipeline, open.options, input);
    const spelled = spell(pipeline.output, result) as object;
    if (!dryRun) return { ...spelled, json: formatJson(result) } as T;
    const steps = redactAll(redactor, plan.steps());
    const text = formatPlan(steps);
    log(text);
    return { ...spelled, json: formatJson({ plan: planJson(steps), result }), plan: plainText(text) } as T;
  } catch (error) {
    throw told(error, redactor);
  }
}

async function loadPipeline(name: string): Promise<Pipeline> {
  const entry = pipelineTable.find((each) => each.name === name);
  if (entry === undefined) throw new FairleadError("internal", `load pipeline ${name}: there is none`);
  return await entry.load();
}

/**
 * Returns the files of a repository. Without a token, the engine fetches them, when they are wanted. With one, they come by the API of the
 * provider: a credential never goes to the engine's Git.
 */
export async function clone(dag: Client, servers: ServerNames, values: Record<string, unknown>): Promise<Directory> {
  const redactor = createRedactor();
  try {
    const input = settleRepositories(parseInput("clone", cloneInput, revealable(values, redactor)), servers);
    const { repository, ref, token, app, submodules } = input;
    if (repository.transport === "ssh")
      throw new FairleadError("unsupported", `clone ${repository.url}: a Dagger module has no ssh`, sshHint);
    if (token === undefined && app === undefined && submodules.length === 0) return openTree(dag, repository, ref ?? "HEAD");
    await using open = openRun({ ...settingsOf(servers, redactor), dryRun: false, report: () => undefined });
    const scope = { session: `fairlead-${open.options.id}`, images: [], hosts: [], needs: ["contents:read" as const], input };
    const ports = open.options.ports(credentialsOf(cloneInput, input), scope);
    const context = createContext(open.options, [], () => ports);
    return await (await (await cloneRepository(context, repository, ref, submodules)).directory(dag)).sync();
  } catch (error) {
    throw told(error, redactor);
  }
}

function settingsOf(servers: ServerNames, redactor: Redactor): Pick<RunSettings, "redactor" | "signal" | "servers" | "inModule"> {
  return { redactor, signal: new AbortController().signal, servers: readServers(servers), inModule: true };
}

const sshHint = { hint: "give the repository's https URL and a token" };

/** Returns the image of a folder: one container, of one platform. */
export async function buildImage(dag: Client, _servers: ServerNames, values: Record<string, unknown>): Promise<Container> {
  const redactor = createRedactor();
  try {
    const { source, secrets, ...input } = parseInput("image", imageInput, revealable(values, redactor));
    if (input.platforms.length > 1) {
      throw new FairleadError("unsupported", `image: a container has one platform, and there are ${input.platforms.length}`, {
        hint: "call image once for each platform, or push an image of all with build",
      });
    }
    if (!("directory" in source)) throw new FairleadError("internal", "image: a folder of Dagger's is wanted");
    const built = imageOf(await givenSource(dag, source.directory), { ...input, target: input.target }, secrets, undefined);
    const [container] = await built.containers(dag);
    return container!;
  } catch (error) {
    throw told(error, redactor);
  }
}

/** Returns the secrets by name: Dagger's command line gives them none. Throws `input` when there are not as many names. */
export function nameSecrets(names: readonly string[], secrets: readonly Secret[]): Record<string, Secret> {
  if (names.length === secrets.length) return Object.fromEntries(names.map((name, index) => [name, secrets[index]!]));
  const error = new FairleadError("input", `name secrets: there are ${names.length} names and ${secrets.length} secrets`, {
    hint: "give one name for each secret: --secret-names for --secrets, --credential-names for --credentials",
  });
  throw told(error, createRedactor());
}

/** Returns what shows the run to whoever called the function. The engine shows its own work. */
function reporter(redactor: Redactor, dryRun: boolean): Report {
  const labels = new Map<number, string>();
  const say = (text: string): void => log([redactor.redact(text)]);
  return (entry) => {
    if (entry.type === "step-started") labels.set(entry.id, stepLabel(entry.step, entry.key));
    if (entry.type === "warning") say(`warning: ${entry.message}`);
    if (entry.type === "notice") say(entry.message);
    if (entry.type === "step-finished" && !dryRun) say(`${labels.get(entry.id)}: ${entry.changed ? "done" : "unchanged"}`);
  };
}

/** Returns what Dagger tells of a failure: its message, and nothing else. */
function told(error: unknown, redactor: Redactor): Error {
  const failure = asFairleadError(error);
  const { code, message, output, wanted } = failure;
  const own = code === "unavailable" ? ownAddressHint(message) : undefined;
  const hint = wanted === undefined ? (own ?? failure.hint) : credentialHint(failure, wordsFor(wanted));
  const lines = [...output.map((line) => `  | ${line}`), message, ...(hint === undefined ? [] : [`hint: ${hint}`])];
  return new Error(lines.map((line) => visible(redactor.redact(line))).join("\n"), { cause: error });
}

/** A credential is an argument of the function; nothing of the machine is looked at. */
function wordsFor({ field }: WantedCredential): CredentialWords {
  if (field === undefined) return { ways: [], used: undefined };
  const [argument, user] = [field.name, field.username].map((name) => name && `--${kebabCase(name)}`);
  const value = field.of === undefined ? `${argument} env://NAME` : `${argument} env://NAME with --credential-names ${field.of}`;
  return { ways: [user === undefined ? `give ${value}` : `give ${user} NAME and ${value}`], used: field.given ? argument : undefined };
}

/** Returns the hint of an error that names an address of this container, where whoever called the function has meant the machine. */
function ownAddressHint(message: string): string | undefined {
  const host = message
    .split(/[\s/]+/)
    .map((word) => word.replace(/:(\d+)?:?$/, ""))
    .find(isLoopback);
  return host === undefined ? undefined : `${host} is the module's own container: name the server by an address that containers can reach`;
}

/** Returns the values with Dagger's secrets as ours, named after their arguments, or by the names that `nameSecrets` gave them. */
function revealable(values: Record<string, unknown>, redactor: Redactor): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (isDaggerSecret(value)) return [name, namedSecret(name, value, redactor)];
      return [name, isNamed(value) ? revealable(value, redactor) : value];
    }),
  );
}

function namedSecret(name: string, secret: Secret, redactor: Redactor): NamedSecret {
  return createSecret(name, redactor, async () => {
    const text = await secret.plaintext().catch((cause: unknown) => {
      throw new Error(withoutTrace(asFairleadError(cause).message), { cause });
    });
    return text.replace(/\r?\n$/, ""); // Dagger leaves the newline that a command or a file ends with
  });
}

/** Returns the secrets among the values, and those by name. */
function secretsOf(values: Record<string, unknown>): readonly NamedSecret[] {
  const all = Object.values(values).flatMap((value) => (isNamed(value) && !isSecret(value) ? Object.values(value) : [value]));
  return all.filter(isSecret);
}

/** Returns a result as the command line prints it. */
function formatJson(value: Json): string {
  return JSON.stringify(value, null, 2);
}

/** Tells whether it is an object of values by name, and none of Dagger's. */
function isNamed(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isDaggerSecret(value: unknown): value is Secret {
  return typeof value === "object" && value !== null && "plaintext" in value;
}
