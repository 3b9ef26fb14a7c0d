import { expect, test } from "vitest";
import { parseImage } from "../../src/core/image/image.ts";
import { dockerHub } from "../../src/registries/docker-hub.ts";
import { registryOptions } from "../adapter-options.ts";

const secret = (name: string) => ({ name, reveal: () => Promise.resolve("pass") });
const kept = { username: "bot", password: secret("docker-credential-pass") };

test("Docker Hub is served by its one name, which short names have too", () => {
  const hub = dockerHub(registryOptions());
  expect(["nginx", "index.docker.io/acme/app", "ghcr.io/acme/app"].map((name) => hub.serves(parseImage(name).registry))).toEqual([
    true,
    true,
    false,
  ]);
});

test("a login that was given comes before the one that the machine keeps, and both say what Docker Hub takes", async () => {
  const hint = expect.stringContaining("access token") as string;
  const storedLogin = () => Promise.resolve(kept);
  const credentials = [{ for: "docker.io", kind: "password", username: "acme", secret: secret("registry-password") }] as const;
  const image = parseImage("acme/app");
  expect(await dockerHub(registryOptions({ credentials, storedLogin })).login(image)).toEqual({
    username: "acme",
    password: credentials[0].secret,
    hint,
  });
  expect(await dockerHub(registryOptions({ storedLogin })).login(image)).toEqual({ ...kept, hint });
  expect(await dockerHub(registryOptions()).login(image)).toBeUndefined();
});
