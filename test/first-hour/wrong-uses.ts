/** A command that a new user types wrongly, as the docs write it. */
export interface WrongUse {
  readonly title: string;
  readonly command: string;
  /** The folder that it is typed in, below the home folder. */
  readonly cwd?: string;
  /** Variables that differ from the world's; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const fleet = "--flux-repository https://github.com/acme/fleet";
const noToken = { GITHUB_TOKEN: undefined };

/** What new users got wrong, by what they were about to do. */
export const wrongUses: readonly WrongUse[] = [
  // words
  { title: "a command that does not exist", command: "fairlead buidl" },
  { title: "a command of other tools", command: "fairlead push" },
  { title: "a flag that does not exist", command: "fairlead build --imge ghcr.io/acme/app" },
  { title: "a flag before the command that needs one", command: "fairlead --image build" },
  { title: "help of a command that does not exist", command: "fairlead help buidl" },
  { title: "a flag without its value", command: "fairlead deploy ghcr.io/acme/app:1.4.3 --flux-repository" },
  { title: "a value for a flag that takes none", command: "fairlead build --dry-run=perhaps" },
  { title: "a command without its action", command: "fairlead engine" },
  { title: "an action that does not exist", command: "fairlead runs lst" },
  { title: "nothing of what a pipeline needs", command: "fairlead ship" },
  { title: "a flag of another command", command: "fairlead deploy ghcr.io/acme/app:1.4.3 --source ." },
  { title: "a timeout without a unit", command: `fairlead deploy ghcr.io/acme/app:1.4.3 ${fleet} --wait merged --timeout 30` },
  { title: "a timeout that is no time", command: `fairlead deploy ghcr.io/acme/app:1.4.3 ${fleet} --wait merged --timeout soon` },
  // images
  { title: "deploy a tag that does not exist", command: `fairlead deploy ghcr.io/acme/app:1.4.33 ${fleet}` },
  { title: "deploy an image without a tag", command: `fairlead deploy ghcr.io/acme/app ${fleet}` },
  { title: "deploy an image whose repository is misspelled", command: `fairlead deploy ghcr.io/acme/ap:1.4.3 ${fleet}` },
  { title: "an image with https://", command: "fairlead build https://github.com/acme/app --image https://ghcr.io/acme/app" },
  { title: "a host where an image belongs", command: "fairlead build https://github.com/acme/app --image ghcr.io" },
  { title: "an image with a capital letter", command: "fairlead build https://github.com/acme/app --image ghcr.io/Acme/app" },
  { title: "a tag with a space", command: "fairlead retag ghcr.io/acme/app:1.4.3 'my tag'" },
  { title: "retag an image without a tag", command: "fairlead retag ghcr.io/acme/app 1.4.4" },
  { title: "retag a tag that does not exist", command: "fairlead retag ghcr.io/acme/app:nope 1.4.4" },
  { title: "retag over a version of another image", command: "fairlead retag ghcr.io/acme/app:1.4.3 1.4.2" },
  { title: "retag without a tag to give", command: "fairlead retag ghcr.io/acme/app:1.4.3" },
  { title: "copy to a registry without a login", command: "fairlead retag ghcr.io/acme/app:1.4.3 1.4.3 --to locked.example/acme/app" },
  {
    title: "copy with a wrong password",
    command: "fairlead retag ghcr.io/acme/app:1.4.3 1.4.3 --to locked.example/acme/app --to-username robot --to-password env:WRONG",
    env: { WRONG: "wrong-password-0123" },
  },
  { title: "retag in a registry that only reads", command: "fairlead retag readonly.example/acme/app:1.4.3 1.4.4" },
  { title: "a registry that is not there", command: "fairlead retag 127.0.0.1:1/acme/app:1.4.3 1.4.4" },
  { title: "a registry whose name does not resolve", command: "fairlead retag registry.invalid/acme/app:1.4.3 1.4.4" },
  // logins
  { title: "a login without its password", command: "fairlead retag locked.example/acme/app:1 2 --registry-username robot" },
  {
    title: "a password in plain text",
    command: "fairlead retag locked.example/acme/app:1 2 --registry-username robot --registry-password hunter2hunter2",
  },
  {
    title: "a secret of a variable that is not set",
    command: "fairlead retag locked.example/acme/app:1 2 --registry-username robot --registry-password env:NOPE",
  },
  {
    title: "a secret of a file that does not exist",
    command: "fairlead notify hello --to slack:C0123456789 --credential slack=file:nope.txt",
  },
  // Git
  {
    title: "clone a private repository without a token",
    command: "fairlead build https://github.com/acme/app --image ghcr.io/acme/app --dry-run",
    env: noToken,
  },
  { title: "change a private Flux repository without a token", command: `fairlead deploy ghcr.io/acme/app:1.4.3 ${fleet}`, env: noToken },
  { title: "a token that may only read", command: `fairlead deploy ghcr.io/acme/app:1.4.3 ${fleet} --flux-token env:READ_ONLY_TOKEN` },
  { title: "a repository that does not exist", command: "fairlead build https://github.com/acme/nope --image ghcr.io/acme/app --dry-run" },
  {
    title: "a branch that does not exist",
    command: "fairlead build https://github.com/acme/app --ref mian --image ghcr.io/acme/app --dry-run",
  },
  { title: "a repository without a commit", command: "fairlead build https://github.com/acme/empty --image ghcr.io/acme/app --dry-run" },
  { title: "a folder where a repository belongs", command: "fairlead build /home/ada/plain --image ghcr.io/acme/app:1 --dry-run" },
  {
    title: "a token in the repository's URL",
    command: "fairlead build https://ada:ghp_secret0123456789@github.com/acme/app --image ghcr.io/acme/app",
  },
  { title: "a folder without Git, and no tag", command: "fairlead build --source plain --image ghcr.io/acme/app --dry-run" },
  { title: "a clean clone without a remote, and no tag", command: "fairlead build --source no-remote --image ghcr.io/acme/app --dry-run" },
  { title: "a clone with a changed file, and no tag", command: "fairlead build --source changed --image ghcr.io/acme/app --dry-run" },
  { title: "a source folder that does not exist", command: "fairlead build --source nope --image ghcr.io/acme/app:1 --dry-run" },
  {
    title: "a Dockerfile that does not exist",
    command: "fairlead build --source plain --dockerfile Dokcerfile --image ghcr.io/acme/app:1 --dry-run",
  },
  {
    title: "a platform that does not exist",
    command: "fairlead build --source plain --platform linux/amd46 --image ghcr.io/acme/app:1 --dry-run",
  },
  {
    title: "a build argument without its name",
    command: "fairlead build --source plain --build-arg =x --image ghcr.io/acme/app:1 --dry-run",
  },
  // Flux
  {
    title: "ship to a Flux repository that does not exist",
    command: "fairlead ship https://github.com/acme/app --image ghcr.io/acme/app --flux-repository https://github.com/acme/fleeet",
  },
  {
    title: "ship an image that no manifest names",
    command: `fairlead ship https://github.com/acme/app --image ghcr.io/acme/other ${fleet}`,
  },
  {
    title: "ship to a Slack channel that does not exist",
    command: `fairlead ship https://github.com/acme/app --image ghcr.io/acme/app ${fleet} --notify slack:C0999999999 --dry-run`,
  },
  {
    title: "a folder of the Flux repository that does not exist",
    command: `fairlead deploy ghcr.io/acme/app:1.4.3 ${fleet} --flux-path nope`,
  },
  { title: "an object that does not exist", command: `fairlead deploy ghcr.io/acme/app:1.4.3 ${fleet} --only Deployment/nope` },
  { title: "an object without its kind", command: `fairlead deploy ghcr.io/acme/app:1.4.3 ${fleet} --only app` },
  { title: "set an image that no manifest names", command: "fairlead set-image ghcr.io/acme/other:1.4.3 manifests" },
  { title: "set an image in a file", command: "fairlead set-image ghcr.io/acme/app:1.4.3 manifests/nope.yaml" },
  { title: "an expected number of references that is wrong", command: "fairlead set-image ghcr.io/acme/app:1.4.3 manifests --expect 2" },
  // engine and machine
  { title: "an engine that does not exist", command: "fairlead build --source plain --image ghcr.io/acme/app:1 --engine foo --dry-run" },
  { title: "an engine that is not there", command: "fairlead build --source plain --image ghcr.io/acme/app:1 --engine tcp://127.0.0.1:1" },
  // Slack
  { title: "a channel by its name", command: "fairlead notify hello --to slack:#releases" },
  { title: "a channel that does not exist", command: "fairlead notify hello --to slack:C0999999999" },
  { title: "a notification without a token", command: "fairlead notify hello --to slack:C0123456789", env: { SLACK_BOT_TOKEN: undefined } },
  { title: "a kind of notifier that does not exist", command: "fairlead notify hello --to teams:releases" },
  // the listener
  { title: "serve without a configuration", command: "fairlead serve" },
  { title: "an expression without quotes in a flow mapping", command: "fairlead sources", cwd: "flow" },
  { title: "two misspelled names in a configuration", command: "fairlead config check", cwd: "typos" },
  { title: "list the runs of a broken configuration that has no store", command: "fairlead runs list", cwd: "flow" },
  { title: "list the runs where there is no store", command: "fairlead runs list", cwd: "good" },
  { title: "replay what is not a saved request", command: "fairlead replay cases/none" },
];
