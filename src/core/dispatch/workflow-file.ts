import { parse } from "yaml";
import { FairleadError } from "../errors.ts";
import { meantName } from "../text/suggest.ts";

/** An input that a workflow takes. */
interface DeclaredInput {
  readonly required: boolean;
  /** True if it has a value where none is given. */
  readonly hasDefault: boolean;
  /** The values that it may have; undefined: any. */
  readonly options: readonly string[] | undefined;
}

/** Characters of the longest file that is read: of a longer one, nothing is known. */
const longest = 512 * 1024;

/**
 * Throws what a dispatch of a workflow with these inputs would be refused for, as far as the workflow's file tells: `unsupported` where it has no
 * `workflow_dispatch`, `input` for inputs. A file that cannot be read says nothing: the provider has the last word.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs
 */
export function checkDispatch(doing: string, text: string, inputs: Readonly<Record<string, string>>): void {
  const triggers = triggersIn(text);
  if (triggers === undefined) return;
  if (!("workflow_dispatch" in triggers)) {
    throw new FairleadError("unsupported", `${doing}: the workflow has no workflow_dispatch`, {
      hint: "add workflow_dispatch to the workflow's on, on the default branch and on this one",
    });
  }
  const declared = inputsOf(triggers.workflow_dispatch);
  const problems = [...unknownIn(inputs, declared), ...missingIn(inputs, declared), ...unfitIn(inputs, declared)];
  if (problems.length === 0) return;
  const hints = [...new Set(problems.map(({ hint }) => hint))];
  throw new FairleadError("input", `${doing}: ${problems.map(({ message }) => message).join("; ")}`, { hint: hints.join("; ") });
}

type Declared = ReadonlyMap<string, DeclaredInput>;
type Problems = readonly { readonly message: string; readonly hint: string }[];

function unknownIn(inputs: Readonly<Record<string, string>>, declared: Declared): Problems {
  const names = [...declared.keys()];
  return Object.keys(inputs)
    .filter((name) => !declared.has(name))
    .map((name) => ({
      message: `the workflow has no input "${name}"`,
      hint: names.length === 0 ? "leave it out: the workflow has no inputs" : meantName(name, names),
    }));
}

function missingIn(inputs: Readonly<Record<string, string>>, declared: Declared): Problems {
  const missing = [...declared].filter(([name, { required, hasDefault }]) => required && !hasDefault && inputs[name] === undefined);
  return missing.map(([name]) => ({ message: `the workflow needs the input "${name}"`, hint: `give it with --input ${name}=VALUE` }));
}

function unfitIn(inputs: Readonly<Record<string, string>>, declared: Declared): Problems {
  return Object.entries(inputs).flatMap(([name, value]) => {
    const options = declared.get(name)?.options;
    if (options === undefined || options.includes(value)) return [];
    return [{ message: `the input "${name}" cannot be "${value}"`, hint: `${name}: ${meantName(value, options)}` }];
  });
}

function triggersIn(text: string): Readonly<Record<string, unknown>> | undefined {
  const { on } = mappingOf(text.length > longest ? undefined : readYaml(text));
  if (typeof on === "string") return { [on]: null };
  if (Array.isArray(on)) return Object.fromEntries(on.map((each) => [String(each), null]));
  return typeof on === "object" && on !== null ? (on as Readonly<Record<string, unknown>>) : undefined;
}

function inputsOf(trigger: unknown): Declared {
  const entries = Object.entries(mappingOf(mappingOf(trigger).inputs)).map(([name, value]) => {
    const { required, default: given, type, options } = mappingOf(value);
    const isChoice = type === "choice" && Array.isArray(options);
    // a boolean has a value all the same: false
    const hasDefault = given !== undefined || type === "boolean";
    return [name, { required: required === true, hasDefault, options: isChoice ? options.map(String) : undefined }] as const;
  });
  return new Map(entries);
}

function readYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100, logLevel: "silent" });
  } catch {
    return undefined;
  }
}

function mappingOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}
