import { jsonResponse } from "./response.ts";
import { anybody, type Handler } from "./router.ts";

/** The state of the listener's parts. */
export interface Health {
  readonly ready: boolean;
  /** By part, such as the store: "ok", or what is wrong with it. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Returns `/healthz`, which says that the process is alive, and `/readyz`, which says whether runs can go on, and else why not. */
export function healthHandlers(health: () => Promise<Health>): readonly Handler[] {
  return [
    {
      method: "GET",
      path: "/healthz",
      authorize: anybody,
      handle: () => Promise.resolve({ response: jsonResponse(200, { alive: true }) }),
    },
    {
      method: "GET",
      path: "/readyz",
      authorize: anybody,
      async handle() {
        const { ready, parts } = await health();
        return { response: jsonResponse(ready ? 200 : 503, { ready, ...parts }) };
      },
    },
  ];
}
