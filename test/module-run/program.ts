/** Calls the module's class as Dagger does, in the session that `dagger run` opens. What it needs is in WORLD, what came of it goes to RESULT. */
import { connection, dag } from "@dagger.io/dagger";
import { writeFile } from "node:fs/promises";
import { Fairlead } from "../../src/index.ts";
import type { BuildOutcome, DeployOutcome, NotifyOutcome, ShipOutcome } from "../../src/module.ts";

/** What the test tells the program. */
export interface ModuleWorld {
  readonly repository: string;
  readonly fluxRepository: string;
  readonly image: string;
  readonly channel: string;
  readonly token: string;
  readonly slackToken: string;
}

/** What the program tells the test. */
export interface ModuleResults {
  readonly cloned: readonly string[];
  readonly greeting: string;
  readonly planned: BuildOutcome;
  readonly built: BuildOutcome;
  readonly folder: BuildOutcome;
  readonly deployed: DeployOutcome;
  readonly notified: NotifyOutcome;
  readonly shipped: ShipOutcome;
}

const { repository, fluxRepository, image, channel, ...secrets } = JSON.parse(process.env.WORLD ?? "") as ModuleWorld;

await connection(async () => {
  const fairlead = new Fairlead();
  const token = dag.setSecret("token", secrets.token);
  const slackToken = dag.setSecret("slack-token", secrets.slackToken);
  const files = fairlead.clone(repository, "main", token);
  const made = await fairlead.image(files, "Dockerfile", undefined, ["GREETING=good morning"]);
  const none = undefined;
  const tags = ["latest"];
  // Dagger calls by position, too: a flag that is not given is undefined, and so gets its default.
  const build = (dryRun: boolean): Promise<BuildOutcome> =>
    fairlead.build(
      ...([`${image}:1`, repository, "main", none, tags, none, none, none, none] as const),
      ...([none, none, none, none, token, none, none, none, none, dryRun] as const),
    );
  const results: ModuleResults = {
    cloned: await files.entries(),
    greeting: await made.file("/greeting").contents(),
    planned: await build(true),
    built: await build(false),
    folder: await fairlead.build(`${image}:folder`, undefined, undefined, files),
    deployed: await fairlead.deploy(`${image}:1`, fluxRepository, undefined, "apps", undefined, token),
    notified: await fairlead.notify("hello", channel, ["From=the module"], slackToken, "module"),
    shipped: await fairlead.ship(
      ...([image, fluxRepository, repository, none, none, none, none, none, none, none] as const),
      ...([none, none, none, none, token, none, none, none, none] as const),
      ...([none, none, none, token, channel, slackToken] as const),
    ),
  };
  await writeFile(process.env.RESULT ?? "", JSON.stringify(results));
});
