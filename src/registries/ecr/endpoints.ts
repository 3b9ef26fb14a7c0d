import type { AdapterOptions } from "../../core/adapter.ts";

type AllowUrl = AdapterOptions["allowUrl"];

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
const endpointVariable = /^AWS_ENDPOINT_URL(_[A-Z0-9_]+)?$/;

/**
 * Throws `input` where the environment names an endpoint of AWS to which no credential may be sent. The clients that the SDK makes for itself, such as
 * those of a profile, read the same variables.
 */
export function checkEndpoints(env: Readonly<Record<string, string | undefined>>, allowUrl: AllowUrl): void {
  for (const [name, text = ""] of Object.entries(env)) {
    if (endpointVariable.test(name) && text !== "") allowUrl(`read ${name}`, text);
  }
}

/** A handler of the SDK's middleware. https://aws.amazon.com/blogs/developer/middleware-stack-modular-aws-sdk-js/ */
type Handler = (args: { readonly request: RequestTo }) => Promise<unknown>;

interface RequestTo {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
}

/** Returns the client, which from now on sends to endpoints alone that a credential may go to, wherever they are named: a profile may name one too. */
export function guardEndpoint<C extends { readonly middlewareStack: object }>(client: C, allowUrl: AllowUrl): C {
  const guard =
    (next: Handler): Handler =>
    (args) => {
      const { protocol, hostname, port } = args.request;
      allowUrl("use endpoint of AWS", `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`);
      return next(args);
    };
  const stack = client.middlewareStack as { add(middleware: typeof guard, options: Readonly<Record<string, string>>): void };
  stack.add(guard, { step: "finalizeRequest", name: "allowedEndpoint" });
  return client;
}
