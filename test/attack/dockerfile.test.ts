/** Attacks by whoever writes the Dockerfile of a build, such as a pusher. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dagger } from "../dagger/dagger.ts";
import { startRegistry, type Registry } from "../doubles/registry.ts";
import { startTokenServer, type TokenServer } from "../doubles/token-server.ts";
import { readPublished } from "../pipelines/published.ts";
import { startWorkshop, type Workshop } from "../pipelines/workshop.ts";

const native = process.env._EXPERIMENTAL_DAGGER_RUNNER_HOST === undefined;

let shop: Workshop;
beforeAll(async () => {
  shop = await startWorkshop();
});
afterAll(() => shop[Symbol.asyncDispose]());

let last = 0;
/** Builds a Dockerfile. Returns what it left in /out, or what the build said when it failed. */
async function attack(dockerfile: string, ...args: readonly string[]): Promise<string> {
  const name = `acme/attack-${++last}`;
  await shop.createRepository(name, { Dockerfile: dockerfile });
  try {
    await shop.build([shop.url(name), "--image", `${shop.registry.host}/${name}:1`, ...args], { KEY: "key-canary" });
  } catch (error) {
    return String(error);
  }
  const { content = [] } = (await readPublished(shop.registry, name, "1")) ?? {};
  return content.map((bytes) => bytes.toString("latin1")).join("");
}

/** Returns a Dockerfile that runs a command, and whose image has /out alone. */
const run = (command: string, mount = ""): string =>
  `FROM scratch AS run
COPY busybox /bin/busybox
RUN ["/bin/busybox", "touch", "/out"]
RUN ${mount}["/bin/busybox", "sh", "-c", ${JSON.stringify(command)}]
FROM scratch
COPY --from=run /out /out
`;

describe("attack 41: secrets of the session that the build was not given", () => {
  test.each(["git token for 127.0.0.1/acme/app", "password for 127.0.0.1:5000", "KEY2"])(
    "attack 41: a Dockerfile gets no secret %j",
    async (id) => {
      expect(await attack(run("cat /run/secrets/x", `--mount=type=secret,required=true,target=/run/secrets/x,"id=${id}" `))).toMatch(
        /secret .*(not found|no secret)|no secret has that id/i,
      );
    },
  );

  test("attack 41: a Dockerfile gets the secret that the build names, and no other", async () => {
    const listed = await attack(run("ls /run/secrets > /out", "--mount=type=secret,id=KEY "), "--secret", "KEY=env:KEY");
    expect(listed).toContain("KEY\n");
  });
});

describe("attack 42: rights that a container must not have", () => {
  test.each([
    ["--security=insecure", "--security=insecure "],
    ["--network=host", "--network=host "],
    ["an SSH agent", "--mount=type=ssh,required=true "],
  ])("attack 42: RUN with %s is refused", async (_, flag) => {
    expect(await attack(run("true", flag))).toMatch(/^fairlead: build /m);
  });

  test.runIf(native)("the engine grants no container all rights of root, whichever program reads the Dockerfile", async () => {
    const { code, said } = await dagger("/", ["core", "container", "with-exec", "--args", "true", "--insecure-root-capabilities", "sync"]);
    expect({ failed: code !== 0, said }).toEqual({
      failed: true,
      said: expect.stringContaining("security.insecure is not allowed") as string,
    });
  });

  test("attack 42: a bind mount from above the context shows no file of the machine", async () => {
    expect(await attack(run("ls /mnt", "--mount=type=bind,source=/../../../../etc,target=/mnt "))).toMatch(/^fairlead: build /m);
  });

  test("attack 42: a RUN has Docker's default capabilities, no new ones, and its system calls are filtered", async () => {
    const status = await attack(run("grep -E '^(CapEff|CapBnd|Seccomp|Seccomp_filters):' /proc/self/status > /out"));
    expect(/CapEff:\t(\w+)/.exec(status)?.[1]).toBe("00000000a80425fb");
    expect(/CapBnd:\t(\w+)/.exec(status)?.[1]).toBe("00000000a80425fb");
    expect(/Seccomp:\t(\d)/.exec(status)?.[1]).toBe("2");
  });

  test("attack D1: a RUN makes no user namespace, no mount and no device", async () => {
    const tries = ["unshare -U true", "mount -t tmpfs x /mnt", "mkdir /mnt && mount -t tmpfs x /mnt", "mknod /disk b 254 0 && cat /disk"];
    const text = await attack(
      run(tries.map((each) => `(${each}) 2>/dev/null && echo done: ${each} >> /out`).join("; ") + "; echo tried >> /out"),
    );
    expect(text).toContain("tried");
    expect(text).not.toContain("done:");
  });
});

describe.runIf(native)("attack 24: addresses of the machine's cloud", () => {
  test("attack 24: a RUN reaches no metadata and no other link-local address over the engine's bridge", async () => {
    const addresses = ["169.254.169.254", "169.254.170.2", "169.254.20.10"];
    const ask = (address: string): string => `timeout 2 nc ${address} 80 < /dev/null; echo "${address} ended with $?" >> /out`;
    const text = await attack(run(addresses.map(ask).join("; ")));
    // Without a rule the answer would be another, and would come at once: the packets are dropped.
    for (const address of addresses) expect(text).toContain(`${address} ended with 143`);
    const { stdout } = await promisify(execFile)("iptables", ["--wait", "-t", "raw", "-S", "PREROUTING"]);
    expect(stdout).toContain("-A PREROUTING -d 169.254.0.0/16 -i dagger0 -j DROP");
  });
});

describe("attack 28: a base image that only the push login may read", () => {
  const login = ["--registry-username", "ann", "--registry-password", "env:PUSH"];
  const secrets = { PUSH: "push-canary", PULL: "pull-canary" };
  let tokens: TokenServer;
  let registry: Registry;
  let number = 0;

  beforeAll(async () => {
    tokens = await startTokenServer({
      ann: { password: "push-canary", repositories: { "acme/app": "pull,push", "acme/payroll": "pull,push", "acme/base": "pull,push" } },
      reader: { password: "pull-canary", repositories: { "acme/base": "pull" } },
    });
    registry = await startRegistry({ tokens });
    for (const name of ["payroll", "base"]) {
      await shop.createRepository(`acme/${name}`, { Dockerfile: `FROM scratch\nCOPY Dockerfile /${name}\n` });
      await shop.build([shop.url(`acme/${name}`), "--image", `${registry.host}/acme/${name}:1`, ...login], secrets);
    }
  });
  afterAll(async () => {
    await registry.stop();
    await tokens.stop();
  });

  /** Builds a Dockerfile and pushes it as ann. Returns `built`, or the line of its error. */
  const build = async (dockerfile: string, ...more: readonly string[]): Promise<string> => {
    const name = `acme/thief-${++number}`;
    await shop.createRepository(name, { Dockerfile: dockerfile });
    const args = [shop.url(name), "--image", `${registry.host}/acme/app:${number}`, ...login, ...more];
    return shop.build(args, secrets).then(
      () => "built",
      (error: unknown) =>
        /^fairlead: .*$/m
          .exec(String(error))?.[0]
          .replaceAll(registry.host, "REGISTRY")
          .replace(/ \S+@[0-9a-f]{12}/, "") ?? String(error),
    );
  };
  const thefts: readonly (readonly [string, (image: string) => string])[] = [
    ["FROM", (image) => `FROM ${image}\n`],
    ["COPY --from", (image) => `FROM scratch\nCOPY --from=${image} / /\n`],
    [
      "RUN --mount from",
      (image) =>
        `FROM scratch\nCOPY busybox /bin/busybox\nRUN --mount=type=bind,from=${image},target=/mnt ["/bin/busybox", "ls", "/mnt"]\n`,
    ],
  ];

  test.each(thefts)("attack 28: %s takes any image that the push login may read, unless the build has another", async (_, dockerfile) => {
    expect(await build(dockerfile(`${registry.host}/acme/payroll:1`))).toBe("built");
  });

  test.each(thefts)("attack 28: %s takes no private image without a login to pull, and the push still works", async (_, dockerfile) => {
    expect(await build(dockerfile(`${registry.host}/acme/payroll:1`), "--no-pull-login")).toMatch(
      /^fairlead: build: .*(401|denied|authoriz)/i,
    );
    expect(await build("FROM scratch\nCOPY Dockerfile /\n", "--no-pull-login")).toBe("built");
  });

  test.each(thefts)("attack 28: %s takes only what the login to pull may read", async (_, dockerfile) => {
    const pull = ["--pull-username", "reader", "--pull-password", "env:PULL"];
    expect(await build(dockerfile(`${registry.host}/acme/base:1`), ...pull)).toBe("built");
    expect(await build(dockerfile(`${registry.host}/acme/payroll:1`), ...pull)).toMatch(
      /^fairlead: build: .*(401|403|denied|authoriz|scope)/i,
    );
  });

  test("attack 28: half a login to pull, and one beside none, are refused before anything is read", async () => {
    const asked = tokens.asked.length;
    expect([
      await build("FROM scratch\n", "--pull-username", "reader"),
      await build("FROM scratch\n", "--pull-password", "env:PULL"),
      await build("FROM scratch\n", "--no-pull-login", "--pull-username", "reader", "--pull-password", "env:PULL"),
    ]).toEqual([
      "fairlead: build: --pull-password: it is missing: a login is a user name and a password",
      "fairlead: build: --pull-username: it is missing: a login is a user name and a password",
      "fairlead: build: --no-pull-login: there is a login to pull with, and none is wanted",
    ]);
    expect(tokens.asked.length).toBe(asked);
  });
});
