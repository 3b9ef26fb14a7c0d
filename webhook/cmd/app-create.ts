import type { CommandBody, Output, Session, Values } from "../../src/cmd/command.ts";
import { outputOf } from "../../src/cmd/doctor-registry.ts";
import { failureJson, failureOf } from "../../src/cmd/failure.ts";
import { printerTo } from "../../src/cmd/print.ts";
import { asFairleadError, inputError } from "../../src/core/errors.ts";
import type { Json } from "../../src/core/json.ts";
import { openBrowser } from "../app/browser.ts";
import { createApp, type CreatedApp, type CreateOptions } from "../app/create.ts";
import { envFileSink, envText, variableReferences, variablesFor } from "../app/sink/env-file.ts";
import { folderSink } from "../app/sink/folder.ts";
import { kubernetesSink, mountedReferences, mountOf, secretManifest } from "../app/sink/kubernetes.ts";
import type { AppSecrets, Sink } from "../app/sink/sink.ts";
import { stdoutSink } from "../app/sink/stdout.ts";
import { appSession } from "./app-session.ts";
import { configOf, configPath } from "./config-flag.ts";
import { createFlags } from "./create-flags.ts";
import { warnOfFiles } from "./warn-of-files.ts";

/** `fairlead app create`: makes the listener's App with a person at a browser. Run again, it goes on where it was. */
export const createBody: CommandBody = {
  flags: createFlags,
  async run(session, values) {
    const json = values.json === true;
    let given: AppSecrets | undefined;
    const give = (secrets: AppSecrets, text: string): void => {
      given = secrets;
      if (!json) printerTo(session.io.stdout, session.io.env).data(text);
    };
    assertLogin(values.organization as string | undefined);
    assertPort(values.port as number | undefined);
    const options: CreateOptions = {
      url: String(values.url),
      organization: values.organization as string | undefined,
      name: values.name as string | undefined,
      port: values.port as number | undefined,
      config: configPath(values),
      sink: sinkOf(values, give),
      show: (url) => show(session, url, values.browser === "none"),
      wait: values.wait !== false,
    };
    const output = await createApp(appSession(session), options)
      .then(async (created) => {
        await warnOfFiles(await configOf(values), session);
        return outputFor(created, options.config);
      })
      .catch((error: unknown) => failedWith(given, error));
    return json && given !== undefined ? { ...output, secrets: { ...given } } : output;
  },
};

/** It becomes a part of URLs and of the configuration. */
function assertLogin(organization: string | undefined): void {
  if (organization === undefined || /^[a-z\d][a-z\d_-]{0,99}$/i.test(organization)) return;
  throw inputError("app", [{ field: "organization", message: `"${organization}" is no name of an organization` }], "give one such as acme");
}

function assertPort(port: number | undefined): void {
  if (port === undefined || (port >= 1 && port <= 65_535)) return;
  throw inputError("app", [{ field: "port", message: `${port} is no port` }], "give one from 1 to 65535, such as 8765");
}

/** What was made once must not be lost: it is told with the error. */
function failedWith(given: AppSecrets | undefined, thrown: unknown): Output {
  if (given === undefined) throw thrown;
  const failure = asFairleadError(thrown);
  return { json: failureJson(failureOf(failure, "app", createFlags)), text: [], failure };
}

/** Prints the address of a page, and opens it where there is a browser. A person who sees none opens it by hand. */
async function show({ io, report }: Session, url: string, quietly: boolean): Promise<AsyncDisposable | undefined> {
  const printer = printerTo(io.stderr, io.env);
  if (quietly) return void printer.lines([url]);
  const opened = await openBrowser(url, io.env);
  if (opened === undefined) printer.lines([`open this page: ${url}`]);
  else report({ type: "notice", message: `opened ${url}` });
  return opened;
}

/** Returns what makes the place that the flags name. Throws `input` for two places. */
function sinkOf(values: Values, give: (secrets: AppSecrets, text: string) => void): CreateOptions["sink"] {
  const { envFile, kubernetesSecret, stdout } = values as Readonly<Record<string, string | undefined>> & { readonly stdout?: unknown };
  const config = configPath(values);
  if (envFile !== undefined && (kubernetesSecret !== undefined || stdout === true)) {
    throw inputError("app", [{ field: "envFile", message: "the secrets are wanted in another place, too" }], "name one place");
  }
  return (kind): Sink => {
    const names = variablesFor(kind);
    if (envFile !== undefined) return envFileSink(envFile, names);
    if (kubernetesSecret !== undefined) {
      const handOver = `apply the manifest that was printed, mount the Secret at ${mountOf(kubernetesSecret)}`;
      const printed = stdoutSink(mountedReferences(kubernetesSecret), handOver, (secrets) =>
        give(secrets, secretManifest(kubernetesSecret, secrets)),
      );
      return stdout === true ? printed : kubernetesSink(config, kubernetesSecret);
    }
    const handOver = "give the listener the variables that were printed";
    if (stdout === true) return stdoutSink(variableReferences(names), handOver, (secrets) => give(secrets, envText(names, secrets)));
    return folderSink(config, `${kind}-app`);
  };
}

function outputFor({ app, installation, written, source, installPage, handOver, examination }: CreatedApp, config: string): Output {
  const checked = outputOf(examination);
  const { checks } = checked.json as { readonly checks: Json };
  const install = installation === null ? [`install it: ${installPage}`] : [];
  const before = handOver === undefined ? "start the listener" : `${handOver}, and start it`;
  const start = checked.failure === undefined ? [`${before}: fairlead serve --config ${config}`] : [];
  return {
    json: { app, installation, written: [...written], source, checks },
    text: [`App ${app.slug} (${app.id}): ${app.url}`, ...written.map((file) => `wrote ${file}`), ...install, ...checked.text, ...start],
    ...(checked.failure !== undefined && { failure: checked.failure, tellsFailure: true }),
  };
}
