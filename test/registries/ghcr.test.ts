import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Credential } from "../../src/core/credential.ts";
import { parseImage } from "../../src/core/image/image.ts";
import { ghcr } from "../../src/registries/ghcr.ts";
import { createImages } from "../../src/registries/oci.ts";
import { registryOptions } from "../adapter-options.ts";
import { listen } from "../doubles/server.ts";

const secret = (value: string) => ({ name: "GITHUB_TOKEN", reveal: () => Promise.resolve(value) });
const app = parseImage("ghcr.io/acme/app");
const token = (value: string, host = "github.com"): Credential => ({ for: host, kind: "token", secret: secret(value) });

beforeEach(() => void vi.stubEnv("GITHUB_ACTIONS", undefined));
afterEach(() => void vi.unstubAllEnvs());

/** Returns who logs in, as `name:token`. */
async function login(options: Parameters<typeof registryOptions>[0], image = app): Promise<string | undefined> {
  const found = await ghcr.create(registryOptions(options)).login(image);
  return found && `${found.username}:${await found.password.reveal()}`;
}

test("a given login comes first, then the stored one, then GitHub's token", async () => {
  const given: Credential = { for: "ghcr.io", kind: "password", username: "acme", secret: secret("ghp_given") };
  const storedLogin = () => Promise.resolve({ username: "bot", password: secret("ghp_kept") });
  const credentials = [token("ghp_inherited")];
  expect(await login({ credentials: [...credentials, given], storedLogin })).toBe("acme:ghp_given");
  expect(await login({ credentials, storedLogin })).toBe("bot:ghp_kept");
  expect(await login({ credentials })).toBe("x-access-token:ghp_inherited");
  expect(await login({})).toBeUndefined();
});

test("a token goes to the registry of its own GitHub alone, and a repository's to none", async () => {
  const gitProvider = (host: string): string | undefined => (host === "github.example.com" ? "github" : undefined);
  const hosts = ["ghcr.io", "containers.github.example.com", "containers.example.com", "github.example.com"];
  expect(hosts.filter((host) => ghcr.serves(host, undefined, gitProvider))).toEqual(hosts.slice(0, 2));
  const own = parseImage("containers.github.example.com/acme/app");
  expect(await login({ credentials: [token("ghp_own", "github.example.com")] })).toBeUndefined();
  expect(await login({ credentials: [token("ghp_own", "github.example.com")] }, own)).toBe("x-access-token:ghp_own");
  expect(await login({ credentials: [token("ghp_public")] }, own)).toBeUndefined();
  expect(await login({ credentials: [token("ghp_repository", "github.com/acme/app")] })).toBeUndefined();
});

test("a fine-grained token, which opens no package, is not used: public ones stay readable", async () => {
  expect(await login({ credentials: [token("github_pat_0")] })).toBeUndefined();
});

/** Answers as ghcr.io does: a token for every login that GitHub knows, then 403 with the message of the test. */
function refuse(message: string) {
  return (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const host = request.headers.host ?? "";
    const refused = JSON.stringify({ errors: [{ code: "DENIED", message }] });
    if (request.url?.startsWith("/token")) response.end('{"token":"token-of-a-repository"}');
    else if (request.headers.authorization === "Bearer token-of-a-repository") response.writeHead(403).end(refused);
    else
      response
        .writeHead(401, { "www-authenticate": `Bearer realm="http://${host}/token",service="ghcr.io",scope="repository:user/image:pull"` })
        .end();
    return Promise.resolve();
  };
}

const classic = "a personal access token (classic) with read:packages, and write:packages for a push";
const appToken = "the token of a GitHub App cannot push an organization's packages, whatever the App may do";

test.each([
  [
    "ghs_canary",
    false,
    "permission_denied: installation not allowed to Write organization package",
    `${appToken}: use GITHUB_TOKEN within GitHub Actions, elsewhere ${classic}`,
  ],
  [
    "ghs_canary",
    true,
    "permission_denied: write_package",
    `give the job packages: write, and its repository the role Write under Manage Actions access of the package acme/app; ${appToken}: use the job's own GITHUB_TOKEN`,
  ],
  [
    "github_pat_canary",
    false,
    "permission_denied: The token provided does not match expected scopes.",
    `fine-grained tokens do not open GitHub Packages: give ${classic}`,
  ],
  [
    "ghp_canary",
    false,
    "permission_denied: The token provided does not match expected scopes.",
    `give ${classic}, of an account that may use acme/app, and authorized for the organization's SSO`,
  ],
])("the token %s (in Actions: %s) that is refused as %j gets a hint", async (value, inActions, message, hint) => {
  if (inActions) vi.stubEnv("GITHUB_ACTIONS", "true");
  await using stack = new AsyncDisposableStack();
  const host = await listen(stack, refuse(message));
  const storedLogin = () => Promise.resolve({ username: "bot", password: secret(value) });
  const options = registryOptions({ storedLogin });
  const images = createImages({ ...options, delay: () => Promise.resolve(), login: (image) => ghcr.create(options).login(image) });
  const failure = await images.checkPush({ registry: host, repository: "acme/app" }).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: "forbidden",
    message: `push to ${host}/acme/app: ${host} does not allow it (DENIED: ${message})`,
    hint,
  });
});
