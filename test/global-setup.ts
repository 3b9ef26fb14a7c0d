/** Runs once before all tests. */
export default function setup(): void {
  // What the tests start must not hear of the machine that they run on.
  for (const name of Object.keys(process.env))
    if (/^(GITHUB|SLACK|GH|FAIRLEAD|DAGGER)_/.test(name) && name !== "FAIRLEAD_ENGINE") delete process.env[name];
}
