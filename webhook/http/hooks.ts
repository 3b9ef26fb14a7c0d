import type { IncomingMessage } from "node:http";
import { collectHeaders } from "../receiver/headers.ts";
import type { HttpRequest } from "../receive.ts";
import { notAccepted, type Outcome } from "./accept.ts";
import { later, refusal } from "./answer.ts";
import type { Intake } from "./body.ts";
import type { OpenSource } from "./open-sources.ts";
import { anybody, type Handled, type Handler } from "./router.ts";

/** What the handlers of deliveries share. */
export interface HookParts {
  readonly accept: (source: OpenSource, request: HttpRequest) => Promise<Outcome>;
  readonly intake: Intake;
  /** True when the listener is to stop: whoever comes now is to come again later. */
  readonly stopping: () => boolean;
}

/** Returns a handler for each address of each source. Anybody may send there: the source's receiver proves the sender by the raw body. */
export function hookHandlers(sources: readonly OpenSource[], parts: HookParts): readonly Handler[] {
  return sources.flatMap((source) =>
    source.paths.map((path) => ({ method: "POST", path, authorize: anybody, handle: (request) => receiveHook(request, source, parts) })),
  );
}

/** Size, and only then what is said: the less is known of a sender, the less is done for it. It never throws. */
async function receiveHook(request: IncomingMessage, found: OpenSource, { accept, intake, stopping }: HookParts): Promise<Handled> {
  const source = found.source.name;
  if (stopping()) return { answer: later("the listener is stopping"), log: { source } };
  if (request.headers["content-encoding"] !== undefined) {
    return { answer: refusal(415, "the body is encoded", { close: true }), log: { source } };
  }
  try {
    const body = await intake.read(request, found.source.receiver.limit);
    if (body === "busy") return { answer: later("too much is being received"), log: { source } };
    const whole = body === "too-large" ? undefined : body;
    const { answer, log } = await accept(found, { method: "POST", headers: headersOf(request), body: whole, receivedAt: new Date() });
    return { answer, log: { source, ...log } };
  } catch (error) {
    const gone = !request.complete && (request.errored !== null || request.destroyed);
    if (gone) return { answer: undefined };
    const { answer, log } = notAccepted(error);
    return { answer, log: { source, ...log } };
  }
}

function headersOf({ rawHeaders }: IncomingMessage): ReadonlyMap<string, string> {
  return collectHeaders(rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""] as const] : [])));
}
