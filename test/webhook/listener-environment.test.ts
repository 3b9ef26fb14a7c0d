/** Routes that deploy to an environment which comes after another. */
import { expect, test, vi } from "vitest";
import { startFlux, startImages } from "../pipelines/flux.ts";
import { ci, startListener } from "./listener.ts";

vi.setConfig({ testTimeout: 120_000 });

test("a route deploys to an environment that comes after another only what that one has, and else fails before it writes", async () => {
  await using stack = new AsyncDisposableStack();
  const registry = await startImages();
  stack.defer(() => registry.stop());
  const flux = stack.use(await startFlux(registry));
  const fluxRepository = `${flux.github.url}/acme/flux`;
  const image = flux.image("1.1.0");
  const name = image.slice(0, image.lastIndexOf(":"));
  const when = { source: "ci", kind: "image", image: name };
  await using listener = await startListener(
    {
      credentials: { [flux.github.host]: { token: "env:GITHUB_TOKEN" } },
      servers: { github: { url: flux.github.url, api: flux.github.apiUrl } },
      environments: { staging: { fluxRepository }, production: { fluxRepository, after: "staging" } },
      sources: { ci },
      routes: [{ name: "production", when, run: "deploy", with: { images: [`${name}:\${{ event.tag }}`], environment: "production" } }],
    },
    flux.env,
  );
  const { body } = await listener.deliver({ kind: "image", image: name, tag: "1.1.0", digest: null, action: "pushed" } as never);
  const run = await listener.run((body.runs as string[])[0] ?? "none");
  expect(run).toMatchObject({
    state: "failed",
    error: { code: "conflict", message: expect.stringContaining(`deploy ${image} to production: staging has ${name}:1.0.0`) as string },
  });
  expect(flux.github.pulls("acme/flux")).toEqual([]);
});
