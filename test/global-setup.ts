import { chooseBridgeHosts } from "./doubles/bridge.ts";
import { useChosenEngine } from "./doubles/engine.ts";
import { engineStatus, stopEngine } from "../src/dagger/engine/native.ts";

/** Runs once before all tests, and what it returns after them. An engine that the tests started is stopped with them. */
export default async function setup(): Promise<() => Promise<void>> {
  // What the tests start must not hear of the machine that they run on.
  for (const name of Object.keys(process.env)) {
    if (/^(GITHUB|SLACK|GH|FAIRLEAD|DAGGER|AWS|ACTIONS)_/.test(name) && !/^FAIRLEAD_ENGINE(_STATE|_PLAIN_HTTP)?$/.test(name))
      Reflect.deleteProperty(process.env, name);
  }
  useChosenEngine();
  const { running, plainHttp } = await engineStatus();
  if (!running || plainHttp.length > 0) process.env.FAIRLEAD_ENGINE_PLAIN_HTTP ??= (running ? plainHttp : chooseBridgeHosts()).join(",");
  return async () => {
    if (!running && (await engineStatus()).running) await stopEngine();
  };
}
