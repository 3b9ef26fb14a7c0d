import { execFile } from "node:child_process";
import { open, readFile, realpath, stat } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { FairleadError } from "./core/errors.ts";
import { exposureOf, exposureText, writableByAll, type FileExposure } from "./core/file-exposure.ts";
import { createSecret, parseSecretReference, type Redactor, type Secret, type SecretReference } from "./core/secret.ts";

/** A command that reveals a secret may ask a vault over the network, in milliseconds. */
export const commandTimeout = 60_000;

/**
 * Returns the secret behind a reference: `env:NAME`, `file:PATH` (`~/` is the home folder) or `cmd:COMMAND` (by `sh -c`). One line end,
 * LF or CRLF, at the end of a file or an output is not part of it. Throws `input` when `reference` is none; `reveal` throws `input` when there is
 * no value, without saying what a command is or prints.
 */
export function openSecret(reference: string, name: string, redactor: Redactor): Secret {
  const { kind, at } = parseSecretReference(reference);
  return { ...createSecret(name, redactor, () => readers[kind](at), hints[kind](at)), place: places[kind](at) };
}

/** Returns where the value of a reference is, in words that are safe to show: a command is not. Throws `input` when it is none. */
export function placeOfSecret(reference: string): string {
  const { kind, at } = parseSecretReference(reference);
  return places[kind](at);
}

/**
 * Returns the bytes behind a reference: of a file all of them, as others who hold it may have taken the newline at its end for a part of it. Throws as
 * `openSecret` does.
 */
export async function readSecret(reference: string, name: string, redactor: Redactor): Promise<Uint8Array> {
  const text = await openSecret(reference, name, redactor).reveal();
  const { kind, at } = parseSecretReference(reference);
  return kind === "file" ? await readFile(expandHome(at)) : Buffer.from(text);
}

/**
 * Returns a warning for a secret that is in a file which others of this machine may read or write, with what to do. Undefined for every other secret:
 * in a pipe, in a file that is not there, in a variable, of a command.
 */
export async function secretFileWarning(reference: string, name: string): Promise<string | undefined> {
  const { kind, at } = parseSecretReference(reference);
  if (kind !== "file") return undefined;
  const exposure = await readExposure(at);
  return exposure && `the file ${at} of ${name} ${exposureText(exposure)}: run chmod 600 ${at}`;
}

/** A file of a secret, and what other users may do with it. */
export interface OpenFile {
  readonly file: string;
  readonly exposure: FileExposure;
}

/**
 * Returns the files among references to secrets that everybody may read, or that others may write, each once. The group of a service reads its secrets;
 * a file that is not there is told when it is revealed.
 */
export async function openFiles(references: readonly string[]): Promise<readonly OpenFile[]> {
  const all = references.map(parseSecretReference).flatMap(({ kind, at }) => (kind === "file" ? [at] : []));
  const found = await Promise.all([...new Set(all)].map(async (file) => ({ file, exposure: await readExposure(file) })));
  return found.flatMap(({ file, exposure }) =>
    exposure !== undefined && (exposure.who === "everybody" || exposure.may === "write") ? [{ file, exposure }] : [],
  );
}

/** Returns what to say of such a file, and what to do. */
export function openFileText({ file, exposure }: OpenFile): string {
  return `the file ${file} has a secret, and ${exposureText(exposure)}: run chmod 600 ${file}`;
}

/** Returns what other users may do with the file of a secret: nothing where a folder above it is closed to them. */
export async function readExposure(path: string): Promise<FileExposure | undefined> {
  const file = await realpath(expandHome(path)).catch(() => undefined);
  const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || found?.isFile() !== true) return undefined;
  const exposure = exposureOf(found);
  const passage = exposure?.who === "everybody" ? 0o001 : 0o011;
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const mode = await stat(folder).then(
      (each) => each.mode,
      () => 0,
    );
    if ((mode & passage) === 0) return undefined;
  }
  return exposure;
}

/** Returns a value that is already at hand as a secret, and the place that it is of. */
export function secretValue(value: string, name: string, redactor: Redactor, place?: string): Secret {
  return { ...createSecret(name, redactor, () => Promise.resolve(value)), place };
}

/** Each says in its error what is wrong, in words that are safe to show. */
const readers: Readonly<Record<SecretReference["kind"], (at: string) => Promise<string>>> = {
  env(variable) {
    const value = process.env[variable];
    return value === undefined ? Promise.reject(new Error(`the environment variable ${variable} is not set`)) : Promise.resolve(value);
  },
  async file(path) {
    const unreadable = (error: NodeJS.ErrnoException): never => {
      const hint = error.code === "EACCES" ? `run chown ${userInfo().username} ${path}` : undefined;
      throw new FairleadError("input", `the file ${path} cannot be read (${error.code ?? "unknown"})`, { hint });
    };
    await using file = await open(expandHome(path)).catch(unreadable);
    const exposure = writableByAll(await file.stat());
    if (exposure !== undefined) {
      throw new FairleadError("input", `the file ${path} ${exposureText(exposure)}`, {
        hint: `run chmod 600 ${path}, and write a new secret to it`,
      });
    }
    return withoutNewline(await file.readFile("utf8").catch(unreadable));
  },
  async cmd(command) {
    const { stdout } = await promisify(execFile)("sh", ["-c", command], { timeout: commandTimeout }).catch((error: unknown) => {
      throw new Error(`its command failed (${exitOf(error)})`);
    });
    return withoutNewline(stdout);
  },
};

/** Where a value is, by the kind of reference. */
const places: Readonly<Record<SecretReference["kind"], (at: string) => string>> = {
  env: (variable) => `the variable ${variable}`,
  file: (path) => `the file ${path}`,
  cmd: () => "the output of its command",
};

/** The hint for a missing value, by the kind of reference. */
const hints: Readonly<Record<SecretReference["kind"], (at: string) => string>> = {
  env: (variable) => `export ${variable}=…`,
  file: (path) => `write the secret to ${path}, or name another place`,
  cmd: () => "run the command by itself to see why",
};

function exitOf(error: unknown): string {
  const { code, signal } = error as { code?: number | string; signal?: string };
  return typeof code === "number" ? `exit code ${code}` : (signal ?? code ?? "unknown");
}

/** Returns a path in which `~/` is the home folder. */
function expandHome(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}

function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, "");
}
