import { asFairleadError, type FairleadError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { Report } from "../core/run/report.ts";
import { createRedactor, type Redactor, redactAll } from "../core/secret.ts";
import type { Command, CommandBody, Filled, Output, Values } from "./command.ts";
import { commandFirst, findCommand } from "./command-first.ts";
import { readCommon } from "./common.ts";
import { annotate, exitCode, failureJson, failureOf, printFailure, printFailureJson } from "./failure.ts";
import { commonFlags, type Flag } from "./flag.ts";
import { commandHelp, helpWidth, topHelp } from "./help.ts";
import type { Io } from "./io.ts";
import { complete, readTyped, type Typed } from "./parse.ts";
import { linesOf, printerTo } from "./print.ts";
import { withStop } from "./signals.ts";
import type { ProgressOptions } from "./progress/index.ts";

/** One call of fairlead. Parsing fills it in, so that an error is printed with what is known by then. */
interface Call {
  readonly io: Io;
  readonly redactor: Redactor;
  json: boolean;
  readonly verbose: boolean;
  progress: ProgressOptions["form"];
  command: string;
  flags: readonly Flag[];
  filled?: Filled | undefined;
  /** True once stdout has its document: a later failure is printed to stderr alone. */
  answered: boolean;
  /** True once the failure is told to people. */
  told: boolean;
}

/** Runs the command that `argv` names and returns the exit code. It never throws. Results go to stdout, everything else to stderr. */
export async function main(typed: readonly string[], io: Io, commands: readonly Command[]): Promise<number> {
  const argv = commandFirst(typed);
  const asked = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length);
  const call: Call = {
    io,
    redactor: createRedactor(),
    json: wantsJson(asked),
    verbose: asked.includes("--verbose"),
    progress: "auto",
    command: "",
    flags: [],
    answered: false,
    told: false,
  };
  try {
    await dispatch(call, argv, asked, commands);
    return 0;
  } catch (error) {
    const failure = redactAll(call.redactor, failureOf(await worded(asFairleadError(error), call), call.command, call.flags, call.filled));
    if (call.progress === "json") printFailureJson(io, failure);
    else if (!call.told) printFailure(io, failure, call.verbose);
    annotate(io, failure);
    if (call.json && !call.answered) printerTo(io.stdout, io.env).json(failureJson(failure));
    return exitCode(failure);
  }
}

/** Tells whether a call asks for JSON, before it is known whether it can be read at all: what is wrong with it is told as JSON then. */
function wantsJson(words: readonly string[]): boolean {
  return words.some((word, at) => ["--json", "--output=json"].includes(word) || (word === "--output" && words[at + 1] === "json"));
}

/** An error that a credential would have prevented says how it is given here. */
async function worded(error: FairleadError, { flags, filled }: Call): Promise<FairleadError> {
  if (error.wanted === undefined) return error;
  const { withCredentialHint } = await import("./credential-hint.ts");
  return withCredentialHint(error, flags, filled?.untypedHosts);
}

async function dispatch(call: Call, argv: readonly string[], asked: readonly string[], commands: readonly Command[]): Promise<void> {
  const [first = "--help", ...rest] = argv;
  const wantsHelp = first === "help" || asked.slice(1).some(isHelp);
  const printer = printerTo(call.io.stdout, call.io.env);
  const width = helpWidth(call.io.stdout, call.io.env);
  if (isHelp(first) || (first === "help" && rest.length === 0)) return printer.lines(linesOf(topHelp(commands, width)));
  if (["--version", "-v", "version"].includes(first)) return printer.lines([(await readManifest()).version]);
  const command = findCommand(first === "help" ? (rest[0] ?? "") : first, argv, commands);
  call.command = command.name;
  const body = await command.load();
  call.flags = [...body.flags, ...commonFlags];
  if (wantsHelp) {
    const home = (await readManifest()).homepage.replace(/#.*/, "");
    return printer.lines(linesOf(commandHelp(command, { ...body, flags: call.flags }, width, home)));
  }
  const typed = readTyped(call.flags, rest);
  call.filled = await body.fill?.(call.io.env, typed.values);
  const values = completed(call, typed);
  const { json, progress, writeMetadata } = await readCommon(command.name, values);
  Object.assign(call, { json, progress });
  const output = await runCommand(call, body, { ...values, json });
  if (call.json) printer.json(withSecrets(output));
  else if (output.data !== undefined) printer.data(output.data);
  else printer.lines(output.text);
  call.answered = true;
  await writeMetadata(output.json);
  call.told = output.tellsFailure === true && !call.json;
  if (output.failure !== undefined) throw output.failure;
}

function withSecrets({ json, secrets }: Output): Json {
  return secrets === undefined ? json : { ...(json as Readonly<Record<string, Json>>), secrets };
}

/** What a file says and is not taken may be what is missing. */
function completed({ io, command, flags, filled }: Call, typed: Typed): Values {
  try {
    return complete(command, flags, typed, filled);
  } catch (error) {
    printerTo(io.stderr, io.env).lines(filled?.notices ?? []);
    throw error;
  }
}

/** Runs a command's body under its reporter, which has released the terminal when this returns. */
async function runCommand({ io, redactor, verbose, progress, filled }: Call, body: CommandBody, values: Values): Promise<Output> {
  const { reporterFor } = await import("./progress/index.ts");
  const reporter = reporterFor(io, { form: progress, quiet: values.quiet === true, verbose });
  try {
    const report: Report = (entry) => reporter.report(redactAll(redactor, entry));
    for (const message of filled?.notices ?? []) report({ type: "notice", message });
    const notice = body.watches?.(values) === true ? () => undefined : reporter.notice;
    // a failure keeps its class: it is redacted where it is printed
    const { failure, secrets, ...shown } = await withStop(
      io,
      { notice: body.isService === true ? undefined : notice, keepsSteps: body.keepsSteps?.(values) === true },
      (signal, onHangup) => body.run({ io, signal, onHangup, redactor, report, filled }, values),
    );
    const output = redactAll(redactor, shown);
    const ended = failure ?? reporter.end(output);
    if (failure !== undefined) reporter.end(output);
    return { ...output, ...(secrets !== undefined && { secrets }), ...(ended === undefined ? {} : { failure: ended }) };
  } catch (error) {
    reporter.end(undefined, redactor.redact(asFairleadError(error).message));
    throw error;
  }
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

/** The bundle contains package.json; without a bundle the file is read. */
async function readManifest(): Promise<{ readonly version: string; readonly homepage: string }> {
  return (await import("../../package.json", { with: { type: "json" } })).default;
}
