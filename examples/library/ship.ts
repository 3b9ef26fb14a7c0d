import { createRedactor, openRun, runPipeline, ship } from "../../src/library.ts";

await using run = openRun({
  dryRun: true,
  report: (entry) => console.error(entry),
  signal: AbortSignal.timeout(30 * 60_000),
  redactor: createRedactor(),
});
const shipped = await runPipeline(ship, run.options, {
  repository: "https://github.com/acme/app",
  image: "ghcr.io/acme/app",
  fluxRepository: "https://github.com/acme/fleet",
});
console.log(shipped.build.digest, shipped.deploy.pullRequest?.url);
