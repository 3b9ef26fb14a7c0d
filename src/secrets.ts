import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Credential } from "./core/credential.ts";
import { FairleadError } from "./core/errors.ts";
import type { Servers } from "./core/servers.ts";
import { createSecret, parseSecretReference, type Redactor, type Secret, type SecretReference } from "./core/secret.ts";

/** A command that reveals a secret may ask a vault over the network, in milliseconds. */
export const commandTimeout = 60_000;

/**
 * Returns the secret behind a reference: `env:NAME`, `file:PATH` (`~/` is the home folder) or `cmd:COMMAND` (by `sh -c`). One newline
 * at the end of a file or an output is not part of it. Throws `input` when `reference` is none; `reveal` throws `input` when there is
 * no value, without saying what a command is or prints.
 */
export function openSecret(reference: string, name: string, redactor: Redactor): Secret {
  const { kind, at } = parseSecretReference(reference);
  return createSecret(name, redactor, () => readers[kind](at), hints[kind](at));
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

/** Returns a value that is already at hand as a secret. */
export function secretValue(value: string, name: string, redactor: Redactor): Secret {
  return createSecret(name, redactor, () => Promise.resolve(value));
}

/** What each variable opens. The first is a job's token in GitHub Actions, the second is Slack's own name for a bot's. */
const inherited = [
  { variable: "GITHUB_TOKEN", opens: ({ github }: Servers) => github?.host ?? "github.com" },
  { variable: "SLACK_BOT_TOKEN", opens: () => "slack" },
] as const;

/** Returns the credentials that the environment holds under documented names: `GITHUB_TOKEN` and `SLACK_BOT_TOKEN`. */
export function environmentCredentials(servers: Servers, redactor: Redactor): readonly Credential[] {
  return inherited
    .filter(({ variable }) => (process.env[variable] ?? "") !== "")
    .map(({ variable, opens }) => ({ for: opens(servers), kind: "token", secret: openSecret(`env:${variable}`, variable, redactor) }));
}

/**
 * Returns the servers that the environment names: `GITHUB_SERVER_URL` and `GITHUB_API_URL`, as a job of GitHub Actions has them, and
 * `SLACK_API_URL`. https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 * `FAIRLEAD_ECR_HOSTS` names hosts of ECR under other names, as `HOST=ACCOUNT/REGION` with commas between them; throws `input` when it does not.
 */
export function environmentServers(): Servers {
  const { GITHUB_SERVER_URL = "", GITHUB_API_URL, SLACK_API_URL, FAIRLEAD_ECR_HOSTS = "" } = process.env;
  const host = URL.parse(GITHUB_SERVER_URL)?.host;
  return {
    github: host === undefined ? undefined : { host, api: GITHUB_API_URL },
    slackApi: SLACK_API_URL,
    ecr: FAIRLEAD_ECR_HOSTS.split(",")
      .filter((text) => text.trim() !== "")
      .map(readEcrHost),
    plainHttp: [],
  };
}

function readEcrHost(text: string): { host: string; account: string; region: string } {
  const [, host, account, region] = /^([^\s=/]+)=(\d{12})\/([a-z0-9-]+)$/.exec(text.trim()) ?? [];
  if (host !== undefined && account !== undefined && region !== undefined) return { host: host.toLowerCase(), account, region };
  throw new FairleadError("input", `read FAIRLEAD_ECR_HOSTS: "${text.trim()}" is not HOST=ACCOUNT/REGION`, {
    hint: "give hosts as ecr.example.com=123456789012/eu-west-1, with commas between them",
  });
}

/** Each says in its error what is wrong, in words that are safe to show. */
const readers: Readonly<Record<SecretReference["kind"], (at: string) => Promise<string>>> = {
  env(variable) {
    const value = process.env[variable];
    return value === undefined ? Promise.reject(new Error(`the environment variable ${variable} is not set`)) : Promise.resolve(value);
  },
  async file(path) {
    const text = await readFile(expandHome(path), "utf8").catch((error: NodeJS.ErrnoException) => {
      throw new Error(`the file ${path} cannot be read (${error.code ?? "unknown"})`);
    });
    return withoutNewline(text);
  },
  async cmd(command) {
    const { stdout } = await promisify(execFile)("sh", ["-c", command], { timeout: commandTimeout }).catch((error: unknown) => {
      throw new Error(`its command failed (${exitOf(error)})`);
    });
    return withoutNewline(stdout);
  },
};

/** What to do when there is no value. */
const hints: Readonly<Record<SecretReference["kind"], (at: string) => string>> = {
  env: (variable) => `export ${variable}=…`,
  file: (path) => `write the secret to ${path}, or name another place`,
  cmd: () => "run the command by itself to see why",
};

function exitOf(error: unknown): string {
  const { code, signal } = error as { code?: number | string; signal?: string };
  return typeof code === "number" ? `exit code ${code}` : (signal ?? code ?? "unknown");
}

function expandHome(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}

function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, "");
}
