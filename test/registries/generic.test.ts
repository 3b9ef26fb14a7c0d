import { expect, test } from "vitest";
import type { Credential } from "../../src/core/credential.ts";
import { FairleadError } from "../../src/core/errors.ts";
import { parseImage } from "../../src/core/image/image.ts";
import { generic } from "../../src/registries/generic.ts";
import { registryOptions } from "../adapter-options.ts";
import { registries } from "../../src/registries/index.ts";

const secret = (value: string) => ({ name: "env:PASSWORD", reveal: () => Promise.resolve(value) });
const app = parseImage("ghcr.io/acme/app:1.0");

test("the most specific password for the image is its login", async () => {
  const credentials: readonly Credential[] = [
    { for: "ghcr.io/acme", kind: "password", username: "acme-bot", secret: secret("team") },
    { for: "ghcr.io", kind: "password", username: "bot", secret: secret("all") },
    { for: "ghcr.io/acme/app", kind: "token", secret: secret("of a Git provider") },
  ];
  const login = await generic.create(registryOptions({ credentials })).login(app);
  expect({ username: login?.username, password: await login?.password.reveal() }).toEqual({ username: "acme-bot", password: "team" });
});

test("a registry without a credential is used anonymously", async () => {
  const credentials: readonly Credential[] = [{ for: "ghcr.io.example.com", kind: "password", username: "bot", secret: secret("other") }];
  expect(await generic.create(registryOptions({ credentials })).login(app)).toBeUndefined();
});

test("a password without a user name is a wrong input", async () => {
  const failure = generic
    .create(registryOptions({ credentials: [{ for: "ghcr.io", kind: "password", secret: secret("alone") }] }))
    .login(app);
  await expect(failure).rejects.toEqual(
    new FairleadError("input", "log in to ghcr.io: the password has no user name", {
      wanted: { kind: "password", for: "ghcr.io/acme/app" },
    }),
  );
});

test("every host is served by some registry, and the last of the list takes any", () => {
  expect(registries.at(-1)?.serves("registry.example.com:5000", undefined, () => undefined)).toBe(true);
});
