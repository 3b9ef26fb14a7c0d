/** A person who makes Apps: the command line in an empty folder, a GitHub, and a browser that is only requests. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fairlead, startFairlead, type Ended, type Running } from "../../cli.ts";
import { startGitHub, type GitHub } from "../../doubles/github.ts";

export interface AppWorld extends AsyncDisposable {
  readonly github: GitHub;
  readonly folder: string;
  /** The path of the configuration. */
  readonly config: string;
  /** Starts `app create` for acme, whose page is opened by its printed address. */
  create(...args: readonly string[]): Creating;
  /** Starts it with further variables. */
  createWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Creating;
  /** Runs `app create` with a person who makes the App and, unless told, installs it. */
  made(...args: readonly string[]): Promise<Ended>;
  /** Runs another command beside the configuration. */
  command(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  read(name: string): Promise<string>;
}

export interface Creating extends Running {
  /** Returns the address of the page. */
  page(): Promise<string>;
}

export const url = "https://hooks.acme.dev";

/** Starts a world in which somebody owns acme. `servers`: GitHub is named by the configuration, and not by the environment. */
export async function startAppWorld({ servers = false } = {}): Promise<AppWorld> {
  await using stack = new AsyncDisposableStack();
  const github = stack.use(await startGitHub());
  await github.createRepository("acme/app", { private: true });
  await github.createRepository("acme/fleet", { private: true });
  const folder = await mkdtemp(join(tmpdir(), "fairlead-app-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, "fairlead.yaml");
  const kept = stack.move();
  const env: Record<string, string> = servers ? {} : { GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.apiUrl };
  const createWith: AppWorld["createWith"] = (more, ...args) => {
    const own = args.includes("--config") ? [] : ["--config", config];
    const usual = ["--url", url, "--organization", "acme"].filter((_, at, all) => !args.includes(all[at - (at % 2)]!));
    const running = startFairlead(
      ["app", "create", ...usual, ...own, ...(args.includes("--browser") ? [] : ["--browser", "none"]), ...args],
      { ...env, ...more },
      folder,
    );
    kept.defer(() => (running.stop("SIGKILL"), running.ended.then(() => undefined)));
    return {
      ...running,
      async page() {
        await running.printed("\n");
        return running.said().split("\n")[0]!;
      },
    };
  };
  const create: AppWorld["create"] = (...args) => createWith({}, ...args);
  return {
    ...{ github, folder, config, create, createWith },
    async made(...args) {
      const creating = create(...args);
      const install = await agree(await creating.page());
      if (!args.includes("--no-wait")) await send(install, { target: "all" });
      return await creating.ended;
    },
    command: (args, more = {}) => fairlead([...args, "--config", config], { ...env, ...more }),
    read: (name) => readFile(join(folder, name), "utf8"),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A form of a page, as a browser reads it. */
export interface Form {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Returns the form of a page. */
export function formOf(html: string, at: string): Form {
  const [, action = ""] = /<form method="post"(?: action="([^"]*)")?/.exec(html) ?? [];
  const fields = [...html.matchAll(/<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"/g)].map(([, name, value]) => [name, unescape(value!)]);
  return { action: new URL(unescape(action), at).href, fields: Object.fromEntries(fields) as Form["fields"] };
}

function unescape(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}

/** Sends a form, and follows nothing. */
export async function send(to: string, fields: Readonly<Record<string, string>>): Promise<Response> {
  return await fetch(to, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
}

/** Agrees at GitHub to what the page of fairlead asks, and returns where GitHub sends the browser: back to fairlead, with a code. */
export async function codeFrom(page: string, name?: string): Promise<string> {
  const offer = formOf(await (await fetch(page)).text(), page);
  const asked = await send(offer.action, offer.fields);
  const form = formOf(await asked.text(), offer.action);
  const agreed = await send(form.action, { ...form.fields, ...(name !== undefined && { name }) });
  return agreed.headers.get("location") ?? `${agreed.status}: ${await agreed.text()}`;
}

/** Agrees, goes back to fairlead, and returns where that sends the browser: to the page on which the App is installed. */
export async function agree(page: string): Promise<string> {
  const back = await fetch(await codeFrom(page), { redirect: "manual" });
  return back.headers.get("location") ?? `${back.status}: ${await back.text()}`;
}

/** Replaces what differs from world to world. */
export function plain(text: string, { github, folder }: Pick<AppWorld, "github" | "folder">): string {
  return text
    .replaceAll(folder, "FOLDER")
    .replaceAll(github.url, "https://GITHUB")
    .replaceAll(github.host, "GITHUB")
    .replace(/http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}/g, "http://PAGE")
    .replace(/\b1\d{3}\b/g, "ID");
}
