import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { proxiesOf, proxyVariables } from "../../core/proxy.ts";

/** The option of the SDK's clients for their way to AWS. */
interface ConnectionOption {
  readonly requestHandler?: { readonly httpAgent: Agent; readonly httpsAgent: TlsAgent };
}

/** Returns the option by which a client goes through the proxies of the environment: the agents that the SDK makes know none. */
export function connectionOption(): ConnectionOption {
  const proxyEnv = proxyVariables(proxiesOf(process.env));
  if (Object.keys(proxyEnv).length === 0) return {};
  const options = { keepAlive: true, proxyEnv };
  return { requestHandler: { httpAgent: new Agent(options), httpsAgent: new TlsAgent(options) } };
}
