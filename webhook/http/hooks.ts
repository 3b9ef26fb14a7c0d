import type { IncomingMessage } from "node:http";
import { collectHeaders } from "../receiver/headers.ts";
import type { ReceivedRequest } from "../receive.ts";
import type { Receiver } from "../receiver/receiver.ts";
import { notAccepted, type Acceptance } from "./accept.ts";
import { errorResponse } from "./response.ts";
import type { Intake } from "./body.ts";
import type { OpenSource } from "./open-sources.ts";
import { anybody, type Handled, type Handler } from "./router.ts";

/** The parts that all handlers of deliveries share. */
export interface HookParts {
  readonly accept: (source: OpenSource, request: ReceivedRequest) => Promise<Acceptance>;
  readonly intake: Intake;
}

/** Returns a handler for each address of each source, also with a slash at its end, which people and providers add. Anybody may send there: the source's receiver proves the sender by the raw body. */
export function hookHandlers(sources: readonly OpenSource[], parts: HookParts): readonly Handler[] {
  return sources.flatMap((source) =>
    source.paths
      .flatMap((path) => [path, `${path}/`])
      .map((path) => ({ method: "POST", path, authorize: anybody, handle: (request) => receiveHook(request, source, parts) })),
  );
}

/** Size, and only then what is said: the less is known of a sender, the less is done for it. It never throws. */
async function receiveHook(request: IncomingMessage, found: OpenSource, { accept, intake }: HookParts): Promise<Handled> {
  const source = found.source.name;
  if (isEncoded(request)) {
    return { response: errorResponse(415, "the body is encoded", { close: true }), log: { source } };
  }
  using body = intake.open(request);
  try {
    const headers = headersOf(request, found.source.receiver);
    const { response, log } = await accept(found, { method: "POST", headers, body: body.read, receivedAt: new Date() });
    return { response, log: { source, ...log } };
  } catch (error) {
    const gone = !request.complete && (request.errored !== null || request.destroyed);
    if (gone) return { response: undefined };
    const { response, log } = notAccepted(error);
    return { response, log: { source, ...log } };
  }
}

/** `identity` says that nothing was done: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 */
function isEncoded({ headers }: IncomingMessage): boolean {
  const codings = (headers["content-encoding"] ?? "").split(",").map((coding) => coding.trim().toLowerCase());
  return codings.some((coding) => coding !== "" && coding !== "identity");
}

function headersOf({ rawHeaders }: IncomingMessage, receiver: Receiver): ReadonlyMap<string, string> {
  const sent = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""] as const] : []));
  return collectHeaders(sent, receiver);
}
