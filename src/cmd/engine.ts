import { asFairleadError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { CommandBody, Session } from "./command.ts";
import { formatResult } from "./result.ts";

const choices = ["status", "build", "start", "stop", "env"] as const;
type Action = (typeof choices)[number];

/** `fairlead engine`: the engine that runs without Docker. Each action may be repeated. */
export const engineBody: CommandBody = {
  flags: [{ name: "action", kind: "enum", sentence: "action on the engine", required: true, positional: 0, choices }],
  async run(session, { action }) {
    const native = await import("../dagger/engine/native.ts");
    const act: Readonly<Record<Action, () => Promise<Json>>> = {
      status: native.engineStatus,
      build: () => withProgress(session, "build", async (options) => ({ ...(await native.buildEngine(options)) })),
      start: () => withProgress(session, "start", async (options) => ({ ...(await native.startEngine(options)) })),
      stop: async () => ({ stopped: await native.stopEngine(progressOf(session)) }),
      env: async () => ({ ...(await native.engineVariables(progressOf(session))) }), // within eval, only what takes long is worth a line
    };
    const json = await act[action as Action]();
    const exports = action === "env" ? { data: formatExports(json as Readonly<Record<string, string>>) } : {};
    return { json, text: formatResult(json), ...exports };
  },
};

/** Returns the lines of a POSIX shell that set these variables: for `eval "$(fairlead engine env)"`. They are this machine's own. */
function formatExports(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join("");
}

interface Progress {
  report(line: string): void;
  readonly signal: AbortSignal;
}

function progressOf({ signal, report }: Session): Progress {
  return { signal, report: (line) => report({ type: "notice", message: `engine: ${line}` }) };
}

/** Shows work that may take minutes as a step. */
async function withProgress(session: Session, key: string, work: (progress: Progress) => Promise<Json>): Promise<Json> {
  const about = { id: 0, step: "engine" };
  session.report({ type: "step-started", ...about, key });
  try {
    const result = await work(progressOf(session));
    session.report({ type: "step-finished", ...about, changed: true, result });
    return result;
  } catch (error) {
    const { code, message } = asFairleadError(error);
    session.report({ type: "step-failed", ...about, code, message });
    throw error;
  }
}
