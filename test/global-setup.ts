import { useChosenEngine } from "./doubles/engine.ts";
import { engineStatus, stopEngine } from "../src/dagger/native.ts";

/** Runs once before all tests, and what it returns after them. An engine that the tests started is stopped with them. */
export default async function setup(): Promise<() => Promise<void>> {
  // What the tests start must not hear of the machine that they run on.
  for (const name of Object.keys(process.env)) {
    if (/^(GITHUB|SLACK|GH|FAIRLEAD|DAGGER)_/.test(name) && !/^FAIRLEAD_ENGINE(_STATE)?$/.test(name))
      Reflect.deleteProperty(process.env, name);
  }
  useChosenEngine();
  const { running } = await engineStatus();
  return async () => {
    if (!running && (await engineStatus()).running) await stopEngine();
  };
}
