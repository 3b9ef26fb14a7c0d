import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { RegistryLogin } from "../../../src/core/registry/registry.ts";
import type { Images } from "../../../src/core/registry/images.ts";
import { createImages } from "../../../src/registries/oci.ts";
import { registryOptions } from "../../adapter-options.ts";
import { listen } from "../../doubles/server.ts";

const digest = `sha256:${"a".repeat(64)}`;
const identity = (value: string): RegistryLogin => ({
  username: "",
  password: { name: "config.json", reveal: () => Promise.resolve(value) },
});

function imagesOf(login: RegistryLogin): Images {
  return createImages({ ...registryOptions(), delay: () => Promise.resolve(), login: () => Promise.resolve(login) });
}

/**
 * Starts a registry whose token server accepts only the OAuth2 form:
 * https://distribution.github.io/distribution/spec/auth/oauth/
 */
async function start(stack: AsyncDisposableStack): Promise<{ host: string; forms: Record<string, string>[] }> {
  const forms: Record<string, string>[] = [];
  const host = await listen(stack, async (request, response) => {
    if (request.url === "/oauth2/token") {
      const form = Object.fromEntries(new URLSearchParams(await text(request)));
      forms.push({ method: request.method ?? "", type: request.headers["content-type"] ?? "", ...form });
      const known = request.method === "POST" && form.refresh_token === "canary-refresh";
      if (request.headers.authorization !== undefined) response.writeHead(400).end();
      else if (known) response.end(JSON.stringify({ access_token: "canary-access", expires_in: 300 }));
      else response.writeHead(401).end(`{"errors":[{"code":"UNAUTHORIZED","message":"${form.refresh_token}: no such token"}]}`);
    } else if (request.headers.authorization === "Bearer canary-access") {
      response.writeHead(200, { "docker-content-digest": digest }).end();
    } else {
      response
        .writeHead(401, { "www-authenticate": `Bearer realm="http://${request.headers.host}/oauth2/token",service="registry"` })
        .end();
    }
  });
  return { host, forms };
}

test("an identity token is exchanged for a token of the repository, once in its lifetime", async () => {
  await using stack = new AsyncDisposableStack();
  const { host, forms } = await start(stack);
  const images = imagesOf(identity("canary-refresh"));
  const image = { registry: host, repository: "acme/app", tag: "1.0" };
  expect([await images.resolve(image), await images.resolve(image)]).toEqual([
    { ...image, digest },
    { ...image, digest },
  ]);
  expect(forms).toEqual([
    {
      method: "POST",
      type: "application/x-www-form-urlencoded",
      grant_type: "refresh_token",
      client_id: "fairlead",
      service: "registry",
      scope: "repository:acme/app:pull",
      refresh_token: "canary-refresh",
    },
  ]);
});

test("a refused identity token is not shown", async () => {
  await using stack = new AsyncDisposableStack();
  const { host } = await start(stack);
  const failure = imagesOf(identity("canary-old")).resolve({ registry: host, repository: "acme/app", tag: "1.0" });
  await expect(failure).rejects.toMatchObject({
    code: "unauthenticated",
    message: `read ${host}/acme/app:1.0: ${host} refused the login (UNAUTHORIZED: ***: no such token)`,
    hint: "check the login: it may be wrong or expired",
  });
});
