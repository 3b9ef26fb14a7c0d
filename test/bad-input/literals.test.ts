import { expect, test } from "vitest";
import { attempt } from "./attempt.ts";

/** Nothing answers at this host, and nobody can read this secret: whatever asks for one of them fails in another way. */
const nowhere = "ghcr.invalid/acme/app";
const flux = ["--flux-repository", "https://git.invalid/acme/flux"];
const secret = ["--flux-token", "file:/nobody/has/it"];

const calls: readonly (readonly string[])[] = [
  ["deploy", nowhere, `${nowhere}2:1`, `${nowhere}3@sha256:${"0".repeat(64)}`, ...flux, ...secret],
  ["deploy", `${nowhere}:1`, "--only", "Deployment", "--draft", "--direct", ...flux, ...secret],
  ["deploy", `${nowhere}:1`, "--ready-status", "kustomization/apps", "--wait", "merged", ...flux, ...secret],
  ["ship", "--image", nowhere, "--only", "a/b#.", ...flux, ...secret],
  ["ship", "https://git.invalid/acme/app", "--source", ".", "--image", nowhere, "--copy-to", `${nowhere}:1`, ...flux, ...secret],
  ["ship", "https://git.invalid/acme/app", "--image", nowhere, "--direct", "--notify", "slack:C0123456789", ...flux, ...secret],
  ["build", "https://git.invalid/acme/app", "--image", nowhere, "--dockerfile", "../Dockerfile", "--token", "file:/nobody/has/it"],
  ["retag", nowhere, "1.4", "--registry-password", "file:/nobody/has/it"],
  ["build", "--source", "/nobody/has/it", "--image", nowhere, "--engine", "dokcer"],
  ["notify", "hi", "--to", "slack:C0123456789", "--credential", "slak=xoxb-canary"],
  ["notify", "hi", "--to", "slack:", "--credential", "slack=file:/nobody/has/it"],
];

test("an input that can never work is refused before a secret is read or a server is asked", async () => {
  const told = await Promise.all(calls.map((args) => attempt(args)));
  expect(told.map((text, at) => `${calls[at]![0]}: ${text}`)).toMatchInlineSnapshot(`
    [
      "deploy: exit code 2
    fairlead: deploy: IMAGE: read image reference "ghcr.invalid/acme/app": it has no tag
    fairlead: deploy: IMAGE: read image reference "ghcr.invalid/acme/app3@sha256:DIGEST": it has no tag
    hint: give repository:tag, or repository:tag@sha256:…",
      "deploy: exit code 2
    fairlead: deploy: --only: read selector "Deployment": it is not Kind/name#path or Kind/namespace/name#path
    fairlead: deploy: --draft: a commit straight to the branch has no pull request
    hint: name an object, and if need be a field: Deployment/web/app#spec.template.spec.containers[name=app], ConfigMap/app#data["runner.image"]; leave these out, or leave out --direct",
      "deploy: exit code 2
    fairlead: deploy: --ready-status: nothing waits for it
    hint: wait for ready, or leave the status out",
      "ship: exit code 2
    fairlead: ship: --only: read selector "a/b#.": it is not Kind/name#path or Kind/namespace/name#path
    fairlead: ship: there is neither a repository nor a folder to build
    hint: name an object, and if need be a field: Deployment/web/app#spec.template.spec.containers[name=app], ConfigMap/app#data["runner.image"]; name a repository (and perhaps a ref), or a folder with --source",
      "ship: exit code 2
    fairlead: ship: --source: there is both a repository and a folder
    fairlead: ship: --copy-to: ghcr.invalid/acme/app:1 is more than a repository: a copy gets the tags of the image
    hint: name a repository (and perhaps a ref), or a folder with --source",
      "ship: exit code 2
    fairlead: ship: --notify: a commit straight to the branch has no pull request
    hint: leave these out, or leave out --direct",
      "build: exit code 2
    fairlead: build: --dockerfile: "../Dockerfile" leads out of the build context
    hint: run fairlead build --help",
      "retag: exit code 2
    fairlead: retag: SOURCE: read image reference "ghcr.invalid/acme/app": it has neither tag nor digest
    hint: name one image, by its tag or its digest",
      "build: exit code 2
    fairlead: choose engine: "dokcer" is neither auto, docker, native nor an address
    hint: set --engine to auto, docker, native or an address such as tcp://10.0.0.1:1234",
      "notify: exit code 2
    fairlead: notify: --credential: there is no "slak"
    hint: did you mean slack?",
      "notify: exit code 2
    fairlead: notify: --to: "slack:" is no destination: a place behind the colon is missing
    hint: name one such as slack:C0123456789",
    ]
  `);
});
