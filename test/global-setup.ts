import { chooseBridgeHosts } from "./doubles/bridge.ts";
import { useChosenEngine } from "./doubles/engine.ts";
import { engineStatus, stopEngine } from "../src/dagger/engine/native.ts";

/**
 * Runs once before all tests; the function that it returns runs after them. It stops an engine that the tests started.
 */
export default async function setup(): Promise<() => Promise<void>> {
  // Programs that the tests start must not see the settings of this machine.
  for (const name of Object.keys(process.env)) {
    if (/^(GITHUB|SLACK|GH|FAIRLEAD|DAGGER|AWS|ACTIONS)_/.test(name) && !/^FAIRLEAD_ENGINE(_STATE|_PLAIN_HTTP)?$/.test(name))
      Reflect.deleteProperty(process.env, name);
  }
  useChosenEngine();
  // The engine of an older fairlead has another runc: we would refuse it.
  const found = await engineStatus();
  if (found.running && found.runc === null) await stopEngine();
  const { running, plainHttp } = await engineStatus();
  if (!running || plainHttp.length > 0) process.env.FAIRLEAD_ENGINE_PLAIN_HTTP ??= (running ? plainHttp : chooseBridgeHosts()).join(",");
  return async () => {
    if (!running && (await engineStatus()).running) await stopEngine();
  };
}
