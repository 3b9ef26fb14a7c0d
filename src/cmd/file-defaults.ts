import { realpathSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { relative } from "node:path";
import { isOwn, pathsBeside } from "../config/file.ts";
import { absoluteReferences } from "../config/paths.ts";
import { environmentFields } from "../config/environments.ts";
import { defaultFields, defaultsFor, type DefaultFields, type Defaults } from "../config/defaults.ts";
import { holdsSecrets, spellValue } from "../config/field-values.ts";
import { FairleadError } from "../core/errors.ts";
import { cutLine } from "../core/text/cut.ts";
import type { Pipeline } from "../core/run/pipeline.ts";
import { pipelineTable } from "../pipelines/table.gen.ts";
import type { Filled, Values } from "./command.ts";
import { readFileThere, readFound, readNamed, type DefaultRules, type ReadFile } from "./config-file.ts";
import { usualConfig } from "./usual-config.ts";
import { spelled, type Flag } from "./flag.ts";
import { gitHostsIn, hostsIn, hostsOfEnvironment } from "./given-hosts.ts";
import { isGitHubActions } from "./progress/workflow-command.ts";
import { isCi } from "./ci.ts";
import type { Env } from "./stream.ts";

/** The command that is given defaults: its flags and, unless it is none, its pipeline. */
export interface Defaulted {
  readonly fields: readonly Flag[];
  readonly pipeline: Pipeline | undefined;
}

/** A file with defaults for a command. */
interface Layer extends ReadFile {
  readonly path: string;
  readonly named: boolean;
  /** What its values are, for people. */
  readonly what: string;
}

/**
 * Returns what files say of a command beside what was typed: the file that `--config` names first, then the fairlead.yaml of the working folder, never that
 * of a parent. Throws `input` with all that is wrong with them.
 */
export async function fillFromFiles({ fields, pipeline }: Defaulted, env: Env, given: Values): Promise<Filled> {
  const known = defaultFields(pipelineTable);
  const takers = pipeline === undefined ? [] : [{ fields, input: pipeline.input }];
  const named = given.config as string | undefined;
  const files = await readLayers(named, env, { known, takers });
  const layers = [...environmentLayers(files, fields, given), ...files];
  const config = files.find((layer) => layer.named)?.config;
  const none: Filled = {
    values: {},
    from: {},
    told: [],
    notices: named === undefined ? await unreadNotices(env) : [],
    untypedHosts: [],
    config,
  };
  return layers.reduce<Filled>((filled, layer) => addLayer(filled, layer, { fields, pipeline, known, env, given }), none);
}

interface Asked extends Defaulted {
  readonly known: DefaultFields;
  readonly env: Env;
  readonly given: Values;
}

/** Returns what is filled in with the defaults of one file more, which those before it and what is given go before. */
function addLayer(filled: Filled, layer: Layer, asked: Asked): Filled {
  const { path } = layer;
  const given = { ...filled.values, ...asked.given };
  const values = defaultsOf(layer, asked.fields, asked.known, given);
  const ofFile = asked.fields.filter(({ name }) => name in values);
  const left = new Map(
    ofFile.flatMap((field) => {
      const why = layer.named ? undefined : whyLeft(field, values[field.name], { ...asked, given });
      return why === undefined ? [] : [[field.name, why] as const];
    }),
  );
  const kept = ofFile.filter(({ name }) => !left.has(name));
  const added = Object.fromEntries(kept.map(({ name }) => [name, values[name]]));
  const ignored = [...layer.ignored, ...[...left].map(([name, why]) => `defaults.${name}${why}`)];
  return {
    ...filled,
    values: { ...filled.values, ...added },
    from: { ...filled.from, ...Object.fromEntries(kept.map(({ name }) => [name, path])) },
    untypedHosts: layer.named || asked.pipeline === undefined ? [] : untypedIn(asked.pipeline, added, given),
    told: [
      ...filled.told,
      ...(kept.length === 0 ? [] : [`${layer.what} of ${path}: ${kept.map((field) => toldOf(field, values[field.name])).join(", ")}`]),
    ],
    notices: [...filled.notices, ...(ignored.length === 0 ? [] : [ignoredNotice(path, ignored)])],
  };
}

/** The most letters of a value that are told. */
const mostTold = 100;

/** Returns what a file says of a flag, as it would be typed: `--image ghcr.io/acme/app`. A secret is only named. */
function toldOf(field: Flag, value: unknown): string {
  if (holdsSecrets(field) || value === true) return spelled(field);
  return `${spelled(field)} ${cutLine([value].flat().map(String).join(" "), mostTold)}`;
}

async function readLayers(named: string | undefined, env: Env, rules: DefaultRules): Promise<readonly Layer[]> {
  const what = "defaults";
  const text = named === undefined ? undefined : await readFileThere(named, { found: false });
  if (named !== undefined && text === undefined) {
    throw new FairleadError("not_found", `read ${named}: there is no such file`, { hint: "name another with --config" });
  }
  const first = named === undefined || text === undefined ? [] : [{ ...readNamed(text, named, rules), path: named, named: true, what }];
  // a checkout of somebody's pull request may have any file
  if (isGitHubActions(env) || (named !== undefined && (await isSame(named, usualConfig)))) return first;
  const found = await readFileThere(usualConfig, { found: true });
  return found === undefined ? first : [...first, { ...readFound(found, usualConfig, rules), path: usualConfig, named: false, what }];
}

/** Returns what the environment says that is typed, or that the file has by default which somebody named: it goes before that file's defaults. */
function environmentLayers(files: readonly Layer[], fields: readonly Flag[], given: Values): readonly Layer[] {
  const file = files.find(({ named }) => named);
  const name = given.environment ?? file?.defaults.environment;
  if (file?.config === undefined || typeof name !== "string" || !fields.some((field) => field.name === "environment")) return [];
  const defaults = environmentFields(file.config.environments, name);
  if (file.config.environments[name]?.approve !== undefined && given.dryRun !== true)
    throw new FairleadError("conflict", `deploy to environment ${name}: it asks for an approval, and a command line waits for nobody`, {
      hint: "let a route of the listener deploy to it, or say --dry-run",
    });
  return [{ ...file, defaults, config: undefined, ignored: [], what: `environment ${name}` }];
}

/** Says why a file in the working folder is not read. */
async function unreadNotices(env: Env): Promise<readonly string[]> {
  const found = await stat(usualConfig).catch(() => undefined);
  if (found === undefined) return [];
  const why = isGitHubActions(env) ? "in GitHub Actions, as nobody named it" : isOwn(found) ? undefined : "as it belongs to another user";
  return why === undefined ? [] : [`${usualConfig} is not read ${why}: if it is yours, add --config ${usualConfig}`];
}

async function isSame(...paths: readonly [string, string]): Promise<boolean> {
  const [one, other] = await Promise.all(paths.map((path) => realpath(path).catch(() => undefined)));
  return one === other;
}

function untypedIn({ input }: Pipeline, added: Values, given: Values): readonly string[] {
  const typed = gitHostsIn(input, given);
  return gitHostsIn(input, added).filter((host) => !typed.includes(host));
}

/** Returns the defaults of a file that hold, as flags have their values. Paths count from the file's folder. */
function defaultsOf({ path, defaults }: Layer, fields: readonly Flag[], known: DefaultFields, given: Defaults): Defaults {
  const held = defaultsFor(fields, known, defaults, given);
  const absolute = pathsBeside(path);
  const spell = (field: Flag, value: unknown): unknown => {
    if (field.kind === "directory") return absolute(String(value));
    return holdsSecrets(field) ? absoluteReferences(value, absolute) : spellValue(field.kind, value);
  };
  return Object.fromEntries(fields.flatMap((field) => (field.name in held ? [[field.name, spell(field, held[field.name])]] : [])));
}

/** Says why a file that nobody named may not set a field, which may be a stranger's; undefined where it may. Without more words, no such file ever may. */
function whyLeft(field: Flag, value: unknown, { pipeline, env, given }: Asked): string | undefined {
  if (holdsSecrets(field) || field.namedOnly === true) return "";
  if (field.kind === "directory" && leadsOut(String(value))) return " (it leads out of this folder)"; // all of it would be in the image
  if (pipeline === undefined || !isCi(env)) return undefined;
  const known = new Set([...hostsIn(pipeline.input, given), ...((given.plainHttp ?? []) as readonly string[]), ...hostsOfEnvironment()]);
  const isKnown = hostsIn(pipeline.input, { [field.name]: value }).every((host) => known.has(host));
  return isKnown ? undefined : " (in CI: no flag names its host)";
}

/** Tells whether a path is outside of the working folder, links followed. What is not there is an error later. */
function leadsOut(path: string): boolean {
  try {
    const inside = relative(realpathSync("."), realpathSync(path));
    return inside === ".." || inside.startsWith("../");
  } catch {
    return false;
  }
}

function ignoredNotice(path: string, ignored: readonly string[]): string {
  const names = ignored.join(", ").replace(/, ([^,]*)$/, " and $1");
  return `${path}: ${names} ${ignored.length === 1 ? "is" : "are"} ignored, as nobody named the file: if it is yours, add --config ${path}`;
}
