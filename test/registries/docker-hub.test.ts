import { expect, test } from "vitest";
import { parseImage } from "../../src/core/image/image.ts";
import { dockerHub } from "../../src/registries/docker-hub.ts";
import { registryOptions } from "../adapter-options.ts";

const secret = (name: string) => ({ name, reveal: () => Promise.resolve("pass") });
const kept = { username: "bot", password: secret("docker-credential-pass") };

test("Docker Hub is served by its one name, which short names have too", () => {
  const serves = (name: string): boolean => dockerHub.serves(parseImage(name).registry, undefined, () => undefined);
  expect(["nginx", "index.docker.io/acme/app", "ghcr.io/acme/app"].map(serves)).toEqual([true, true, false]);
});

test("the API of Docker Hub is at another host than its images' names say", () => {
  expect(dockerHub.endpoint?.("docker.io")).toBe("registry-1.docker.io");
});

test("a given login comes before the stored one, and both hint at Docker Hub's tokens", async () => {
  const hint = expect.stringContaining("access token") as string;
  const storedLogin = () => Promise.resolve(kept);
  const credentials = [{ for: "docker.io", kind: "password", username: "acme", secret: secret("registry-password") }] as const;
  const image = parseImage("acme/app");
  const login = await dockerHub.create(registryOptions({ credentials, storedLogin })).login(image);
  expect({ ...login, password: await login?.password.reveal() }).toEqual({
    username: "acme",
    password: await credentials[0].secret.reveal(),
    hint,
  });
  expect(await dockerHub.create(registryOptions({ storedLogin })).login(image)).toEqual({ ...kept, hint });
  expect(await dockerHub.create(registryOptions()).login(image)).toBeUndefined();
});
