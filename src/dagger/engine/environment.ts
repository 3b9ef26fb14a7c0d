/** Returns a variable of the environment. An empty one counts as unset. */
export function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

/** Sets variables of process.env, and deletes those that are undefined. Returns a function that restores them. */
export function setVariables(variables: NodeJS.ProcessEnv): () => void {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  return () => void setVariables(before);
}

/** Settings for every Dagger program in a run: no telemetry, no check for a newer version, no advertisement. */
export const quietDagger = { DO_NOT_TRACK: "1", DAGGER_NO_UPDATE_CHECK: "1", DAGGER_NO_NAG: "1" };
