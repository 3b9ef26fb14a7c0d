import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createImages } from "../../src/registries/oci.ts";
import { publicServers } from "../../src/core/servers.ts";
import { account, identityToken, startAws, subject, type Aws } from "../doubles/aws.ts";
import { adapter, appOf, failureOf, role } from "./ecr/world.ts";

const hour = 3_600_000;
const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}` as const;
let aws: Aws;
let home: string;

beforeEach(async () => {
  aws = await startAws({ roles: { [role]: [subject, "system:serviceaccount:ci:release"] } });
  home = await mkdtemp(join(tmpdir(), "fairlead-aws-"));
  // no profile of whoever runs the tests
  vi.stubEnv("AWS_CONFIG_FILE", join(home, "config"));
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(home, "credentials"));
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await aws.stop();
  await rm(home, { recursive: true, force: true });
});

/** Sets the clock alone: timers and connections go on. */
function setClock(time: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: time });
}

test("a password is fetched once for concurrent callers", async () => {
  const registry = adapter(aws, aws.env);
  const logins = await Promise.all([1, 2, 3].map(() => registry.login(appOf(aws))));
  expect(await Promise.all(logins.map(async (login) => [login?.username, await login?.password.reveal()]))).toEqual([
    ["AWS", "ecr-canary-1"],
    ["AWS", "ecr-canary-1"],
    ["AWS", "ecr-canary-1"],
  ]);
  expect(aws.calls).toEqual(["ECR.GetAuthorizationToken"]);
});

test("a password is fetched again in the last half hour of its twelve", async () => {
  const start = Date.parse("2026-05-01T00:00:00Z");
  setClock(start);
  const registry = adapter(aws, aws.env);
  const passwordAt = async (hours: number): Promise<string | undefined> => {
    setClock(start + hours * hour);
    return (await registry.login(appOf(aws)))?.password.reveal();
  };
  expect([await passwordAt(0), await passwordAt(11.4), await passwordAt(11.6), await passwordAt(12)]).toEqual([
    "ecr-canary-1",
    "ecr-canary-1",
    "ecr-canary-2",
    "ecr-canary-2",
  ]);
});

test("a client of the registry gets a new password when ECR answers 403 for an expired one", async () => {
  const start = Date.parse("2026-05-01T00:00:00Z");
  setClock(start);
  const registry = adapter(aws, aws.env);
  await registry.repository?.create(appOf(aws), {}, new AbortController().signal);
  const images = createImages({
    servers: publicServers,
    signal: new AbortController().signal,
    delay: () => Promise.resolve(),
    login: (image) => registry.login(image),
  });
  expect(await images.resolve({ ...appOf(aws), tag: "1.0" })).toBeUndefined();
  setClock(start + 13 * hour);
  expect(await images.resolve({ ...appOf(aws), tag: "1.0" })).toBeUndefined();
  expect(aws.ecr.passwords.size).toBe(2);
});

test("a GitHub Actions job is the role for the run's repositories alone, without keys", async () => {
  const registry = adapter(aws, aws.githubEnv, { access: { role, needs: ["registry:pull", "registry:push"] } });
  expect(await registry.identity?.(appOf(aws))).toEqual({
    account,
    arn: `arn:aws:sts::${account}:assumed-role/release/fairlead-run-1`,
    source: `GitHub's identity token, for ${role}`,
  });
  const [, session] = [...aws.sts.principals.values()];
  expect(JSON.parse(session?.policy ?? "")).toEqual({
    Version: "2012-10-17",
    Statement: [
      { Sid: "Login", Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: "*" },
      {
        Sid: "Repositories",
        Effect: "Allow",
        Action: [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:CompleteLayerUpload",
          "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload",
          "ecr:ListImages",
          "ecr:PutImage",
          "ecr:UploadLayerPart",
        ],
        Resource: [`arn:aws:ecr:eu-west-1:${account}:repository/acme/app`],
      },
    ],
  });
  expect(aws.calls).toEqual(["GitHub.token", "STS.AssumeRoleWithWebIdentity", "STS.GetCallerIdentity"]);
});

test("a role that was assumed for one repository may not touch another", async () => {
  const registry = adapter(aws, aws.githubEnv, { access: { role } });
  expect(await registry.repository?.read(appOf(aws))).toBeUndefined();
  expect(await failureOf(registry.repository?.read({ ...appOf(aws), repository: "acme/other" }))).toMatch(
    new RegExp(
      `^forbidden: read repository ${aws.host}/acme/other: AWS does not allow it \\(User: .* is not authorized to perform: ecr:DescribeRepositories`,
    ),
  );
});

test("a new identity token is requested from GitHub whenever the role's session expires", async () => {
  const start = Date.parse("2026-05-01T00:00:00Z");
  setClock(start);
  const registry = adapter(aws, aws.githubEnv, { access: { role } });
  for (const minutes of [0, 30, 59, 125]) {
    setClock(start + minutes * 60_000);
    await registry.repository?.read(appOf(aws));
  }
  expect(aws.calls.filter((call) => !call.startsWith("ECR."))).toEqual([
    ...["GitHub.token", "STS.AssumeRoleWithWebIdentity"],
    ...["GitHub.token", "STS.AssumeRoleWithWebIdentity"],
    ...["GitHub.token", "STS.AssumeRoleWithWebIdentity"],
  ]);
});

test("GitHub's token endpoint is retried when it fails, and reported when it refuses", async () => {
  aws.fail(2, "GitHub.token", 503, "");
  expect(await failureOf(adapter(aws, aws.githubEnv, { access: { role } }).login(appOf(aws)))).toBe("it did not fail");
  const refused = adapter(aws, { ...aws.githubEnv, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "wrong" }, { access: { role } });
  expect(await failureOf(refused.login(appOf(aws)))).toBe(
    `unauthenticated: get identity token of GitHub: ${aws.host} answered 401 [give the job the permission id-token: write]`,
  );
});

test("a pod of EKS assumes its role by the token in its file, which is read each time", async () => {
  const file = join(home, "token");
  const start = Date.parse("2026-05-01T00:00:00Z");
  setClock(start);
  const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...env } = aws.env;
  const registry = adapter(aws, { ...env, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role });
  await writeFile(file, `${identityToken("system:serviceaccount:ci:release", "1")}\n`);
  await registry.repository?.read(appOf(aws));
  await writeFile(file, identityToken("system:serviceaccount:ci:release", "2"));
  setClock(start + hour);
  await registry.repository?.read(appOf(aws));
  expect(aws.calls.filter((call) => call.startsWith("STS."))).toEqual(["STS.AssumeRoleWithWebIdentity", "STS.AssumeRoleWithWebIdentity"]);
  expect([...aws.sts.principals.values()].slice(1).every(({ policy }) => policy?.includes("repository/acme/app"))).toBe(true);
});

test("a caller with credentials assumes the role by them", async () => {
  await adapter(aws, aws.env, { access: { role } }).login(appOf(aws));
  expect(aws.calls).toEqual(["STS.AssumeRole", "ECR.GetAuthorizationToken"]);
});

test("an account that is not allowed is refused before any request to ECR", async () => {
  const other = "222222222222";
  const failures = [
    adapter(aws, aws.env, { access: { accounts: [other] } }).login(appOf(aws)),
    adapter(aws, aws.env, { access: { accounts: [account], role: `arn:aws:iam::${other}:role/release` } }).login(appOf(aws)),
  ];
  expect(await Promise.all(failures.map(failureOf))).toEqual([
    `forbidden: use ${aws.host}: account ${account} is not among those that may be used [add --aws-account ${account} if it is meant]`,
    `forbidden: assume role arn:aws:iam::${other}:role/release: account ${other} is not among those that may be used [add --aws-account ${other} if it is meant]`,
  ]);
  expect(aws.calls).toEqual([]);
  const gallery = adapter(aws, aws.env, { access: { accounts: [other] } });
  expect(await failureOf(gallery.repository?.read({ registry: "public.ecr.aws", repository: "acme/app" }))).toBe(
    `forbidden: use AWS as arn:aws:iam::${account}:user/robot: account ${account} is not among those that may be used [add --aws-account ${account} if it is meant]`,
  );
  expect(aws.calls).toEqual(["STS.GetCallerIdentity"]);
});

test("an allowed account is checked once", async () => {
  const registry = adapter(aws, aws.env, { access: { accounts: [account] } });
  await registry.login(appOf(aws));
  await registry.repository?.read(appOf(aws));
  expect(aws.calls).toEqual(["STS.GetCallerIdentity", "ECR.GetAuthorizationToken", "ECR.DescribeRepositories"]);
});

test("a given login is used without a request to AWS", async () => {
  const password = { name: "password", reveal: () => Promise.resolve("given") };
  const credentials = [{ for: aws.host, kind: "password", username: "AWS", secret: password }] as const;
  const login = await adapter(aws, aws.env, { credentials }).login(appOf(aws));
  expect({ username: login?.username, password: await login?.password.reveal() }).toEqual({ username: "AWS", password: "given" });
  expect(aws.calls).toEqual([]);
});

test("the Docker config's login is used without AWS credentials; without both there is a hint", async () => {
  const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...env } = aws.env;
  const stored = { username: "AWS", password: { name: "~/.docker/config.json", reveal: () => Promise.resolve("stored") } };
  expect(await adapter(aws, env, { stored }).login(appOf(aws))).toBe(stored);
  expect(await failureOf(adapter(aws, env).login(appOf(aws)))).toBe(
    `unauthenticated: log in to ${aws.host}: there are no AWS credentials [name a role with --aws-role, set AWS_PROFILE, or sign in with aws sso login]`,
  );
  expect(await adapter(aws, env).login({ registry: "public.ecr.aws", repository: "docker/library/alpine" })).toBeUndefined();
});

test("a Dagger module has no AWS credentials, and the hint says what to give instead", async () => {
  expect(await failureOf(adapter(aws, aws.env, { inModule: true }).login(appOf(aws)))).toBe(
    `unsupported: use ${aws.host}: a Dagger module has no AWS credentials of its own [give registryUsername AWS and, as registryPassword, what \`aws ecr get-login-password\` prints; create repositories with the fairlead command line]`,
  );
});

test("the public gallery has its own API and its own login", async () => {
  const gallery = { registry: "public.ecr.aws", repository: "acme/app" };
  const registry = adapter(aws, aws.env, { access: { images: [gallery], role } });
  const signal = new AbortController().signal;
  expect(await (await registry.login(gallery))?.password.reveal()).toBe("ecr-canary-1");
  await registry.repository?.create(gallery, { tags: { team: "a" } }, signal);
  expect(await registry.repository?.read(gallery)).toMatchObject({
    repository: "public.ecr.aws/acme/app",
    tags: { team: "a" },
    encryption: null,
  });
  expect(await failureOf(registry.repository?.create(gallery, { scanOnPush: true }, signal))).toBe(
    "unsupported: set up public repository app: the public gallery has no scan on push true [give only tags and a repository policy]",
  );
  expect(aws.repository("app")?.arn).toBe(`arn:aws:ecr-public::${account}:repository/app`);
});

test("an immutable tag that has this very digest is accepted", async () => {
  const registry = adapter(aws, aws.env);
  await registry.repository?.create(appOf(aws), { tagMutability: "IMMUTABLE", tagMutabilityExclusions: [] }, new AbortController().signal);
  const images = createImages({
    servers: publicServers,
    signal: new AbortController().signal,
    delay: () => Promise.resolve(),
    login: (image) => registry.login(image),
  });
  const manifest = (text: string) => {
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", annotations: { text } }),
    );
    return { mediaType: "application/vnd.oci.image.manifest.v1+json", bytes, digest: digestOf(bytes) };
  };
  await images.tag(appOf(aws), manifest("a"), ["1.0"]);
  await images.tag(appOf(aws), manifest("a"), ["1.0"]);
  expect(await failureOf(images.tag(appOf(aws), manifest("b"), ["1.0"]))).toMatch(/^conflict: tag /);
});

test.each([
  ["ECR.GetAuthorizationToken", 400, "AccessDeniedException", "forbidden: log in to HOST: AWS does not allow it"],
  ["ECR.GetAuthorizationToken", 400, "ExpiredTokenException", "unauthenticated: log in to HOST: the AWS credentials have expired"],
  ["ECR.GetAuthorizationToken", 400, "UnrecognizedClientException", "unauthenticated: log in to HOST: AWS does not know the credentials"],
  ["ECR.GetAuthorizationToken", 400, "ThrottlingException", "unavailable: log in to HOST: AWS asks for fewer requests"],
  ["ECR.GetAuthorizationToken", 500, "ServerException", "unavailable: log in to HOST: AWS answered 500"],
  ["STS.AssumeRole", 403, "AccessDenied", "forbidden: assume role ROLE: AWS does not allow it"],
  ["STS.AssumeRole", 400, "PackedPolicyTooLarge", "input: assume role ROLE: the session policy is too long"],
  ["STS.AssumeRole", 403, "RegionDisabledException", "forbidden: assume role ROLE: the account does not have the region's STS"],
  ["STS.AssumeRole", 403, "ExpiredToken", "unauthenticated: assume role ROLE: the AWS credentials have expired"],
  ["STS.AssumeRole", 400, "Throttling", "unavailable: assume role ROLE: AWS asks for fewer requests"],
  ["STS.AssumeRole", 418, "Teapot", "unsupported: assume role ROLE: AWS answered 418"],
])("%s that AWS answers by %i %s is translated", async (action, status, code, told) => {
  aws.fail(9, action, status, code);
  const failure = await failureOf(adapter(aws, aws.env, action.startsWith("STS.") ? { access: { role } } : {}).login(appOf(aws)));
  expect(failure.replace(aws.host, "HOST").replace(role, "ROLE").replace(/ \(.*/, "")).toBe(told);
});

test("an AWS that cannot be reached is unavailable, and a stopped run is canceled", async () => {
  const signal = AbortSignal.abort();
  expect(await failureOf(adapter(aws, aws.env, { signal }).login(appOf(aws)))).toBe(`canceled: log in to ${aws.host}: stopped`);
  await aws.stop();
  expect(await failureOf(adapter(aws, aws.env).login(appOf(aws)))).toBe(
    `unavailable: log in to ${aws.host}: AWS cannot be reached (ECONNREFUSED)`,
  );
});
