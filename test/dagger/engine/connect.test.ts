import type { Client, Directory } from "@dagger.io/dagger";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect as dial, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { FairleadError } from "../../../src/core/errors.ts";
import { chooseEngine, connectDagger, type DaggerSession, type EngineFacts } from "../../../src/dagger/engine/connect.ts";
import { engineStatus, startEngine } from "../../../src/dagger/engine/native.ts";
import { bridgeAddress } from "../../doubles/bridge.ts";
import { startGitServer } from "../../doubles/git-server.ts";

const nothing: EngineFacts = { session: false, runnerHost: undefined, docker: false };
const runnerHost = "tcp://10.0.0.1:1234";

test.for([
  ["auto", { session: true, runnerHost, docker: true }, { kind: "session" }],
  ["auto", { session: false, runnerHost, docker: true }, { kind: "address", address: runnerHost }],
  ["auto", { session: false, runnerHost: undefined, docker: true }, { kind: "docker" }],
  ["auto", nothing, { kind: "native" }],
  ["docker", { session: true, runnerHost, docker: false }, { kind: "docker" }],
  ["native", { session: true, runnerHost, docker: true }, { kind: "native" }],
  ["kube-pod://engine?namespace=dagger", nothing, { kind: "address", address: "kube-pod://engine?namespace=dagger" }],
] as const)("FAIRLEAD_ENGINE=%s with %j selects %j", ([setting, facts, choice]) => {
  expect(chooseEngine(setting, facts)).toEqual(choice);
});

test("a setting that names no engine is refused", async () => {
  expect(await outcome(open({ engine: "podman" }))).toEqual({
    code: "input",
    message: 'choose engine: "podman" is neither auto, docker, native nor an address',
    hint: "set --engine to auto, docker, native or an address such as tcp://10.0.0.1:1234",
    output: [],
  });
});

test("an address with an unknown driver is refused by the engine's own client", async () => {
  expect(await outcome(open({ engine: "carrier-pigeon://roof" }))).toEqual({
    code: "unavailable",
    message: 'connect to engine: start engine: no driver for scheme "carrier-pigeon" found',
    hint: "check the engine at carrier-pigeon://roof",
    output: expect.arrayContaining(['1   : ! start engine: no driver for scheme "carrier-pigeon" found']) as string[],
  });
});

afterEach(() => vi.unstubAllEnvs());

// The SDK's own way to bring its `dagger` needs Dagger's download site and Docker. These tests use the `dagger` that we
// compile.
describe.for(["@dagger.io/dagger", "dagger-0.19"])("with the client %s", (client) => {
  beforeAll(async () => {
    vi.doMock("@dagger.io/dagger", () => import(client));
    await startEngine({ report: () => undefined, signal: new AbortController().signal });
  });
  afterAll(() => vi.doUnmock("@dagger.io/dagger"));

  test("a session stays open until it is closed, and leaves neither variables nor files", async () => {
    await using temporary = await folder();
    vi.stubEnv("TMPDIR", temporary.path);
    const before = { ...process.env };
    const session = await open();
    expect(await session.use("read version", (dag) => dag.version())).toBe("v0.19.10");
    expect(await readdir(temporary.path)).toEqual([expect.stringMatching(/^fairlead-docker-/) as string]);
    await session.close();
    expect(await readdir(temporary.path)).toEqual([]);
    expect(process.env).toEqual(before);
  });

  test("two concurrent sessions in one process do not disturb each other", async () => {
    await using one = await disposable();
    await using other = await disposable();
    const id = (name: string) => (dag: Client) => dag.directory().withNewFile("name", name).file("name").contents();
    expect(await Promise.all([one.use("read", id("one")), other.use("read", id("other"))])).toEqual(["one", "other"]);
    await other.close();
    expect(await one.use("read", id("still open"))).toBe("still open");
  });

  test("a failed RUN is reported with its exit code and its last lines", async () => {
    const [reported, logged]: [string[], string[]] = [[], []];
    await using session = await disposable({ report: (line) => reported.push(line), log: (line) => logged.push(line) });
    const script = "for i in $(/bin/busybox seq 30); do echo line $i; done; exit 3";
    const build = session.use("build github.com/acme/app", (dag) => dockerfile(dag, script).dockerBuild().sync());
    expect(await outcome(build)).toEqual({
      code: "build_failed",
      message: `build github.com/acme/app: RUN /bin/busybox sh -c ${script}: exit code 3`,
      output: Array.from({ length: 20 }, (_, index) => `line ${index + 11}`),
    });
    expect(reported).toEqual([]); // no message for people
    expect(logged.filter((line) => / \| line (1|30)$/.test(line)).map((line) => line.replace(/^.* \| /, ""))).toEqual([
      "line 1",
      "line 30",
    ]);
  });

  test("two concurrent builds are each reported with their own output", async () => {
    await using session = await disposable();
    const build = (name: string, code: number) =>
      outcome(session.use(`build ${name}`, (dag) => dockerfile(dag, `echo I am ${name}; exit ${code}`).dockerBuild().sync()));
    expect(await Promise.all([build("one", 1), build("two", 2)])).toEqual([
      { code: "build_failed", message: "build one: RUN /bin/busybox sh -c echo I am one; exit 1: exit code 1", output: ["I am one"] },
      { code: "build_failed", message: "build two: RUN /bin/busybox sh -c echo I am two; exit 2: exit code 2", output: ["I am two"] },
    ]);
  });

  test("a failed command in a container is reported with its output", async () => {
    await using session = await disposable();
    const work = (dag: Client): Promise<string> => {
      const command = ["/bin/busybox", "sh", "-c", "echo out; echo err >&2; exit 4"];
      return dag.container().withRootfs(busybox(dag)).withExec(command).stdout();
    };
    expect(await outcome(session.use("run task lint", work))).toEqual({
      code: "build_failed",
      message: "run task lint: /bin/busybox sh -c echo out; echo err >&2; exit 4: exit code 4",
      output: ["out", "err"],
    });
  });

  test("a command that cannot be started is reported with the reason", async () => {
    await using session = await disposable();
    const work = (dag: Client): Promise<string> =>
      dag.container().withRootfs(busybox(dag)).withUser("65534").withExec(["/bin/busybox", "true"]).stdout();
    expect(await outcome(session.use("run task lint", work))).toEqual({
      code: "build_failed",
      message: "run task lint: /bin/busybox true: get user: unable to find user 65534: invalid argument",
      output: [],
    });
  });

  test("an abort ends a running build at once, with its commands", async () => {
    await using holder = await holdOpen();
    const abort = new AbortController();
    const session = await open({ signal: abort.signal });
    const build = outcome(session.use("build acme/app", (dag) => dockerfile(dag, holder.command).dockerBuild().sync()));
    const [connection] = await holder.next;
    const stopped = once(connection, "close");
    abort.abort();
    expect(await build).toEqual({ code: "canceled", message: "build acme/app: canceled", output: [] });
    await stopped;
    await session.close();
    expect(await outcome(session.use("read version", (dag) => dag.version()))).toEqual({
      code: "canceled",
      message: "read version: canceled",
      output: [],
    });
  });

  test("an engine that goes away during a build is unavailable", async () => {
    await using holder = await holdOpen();
    await using between = await relay("/run/dagger/engine.sock");
    await using session = await disposable({ engine: between.address });
    const build = outcome(session.use("build acme/app", (dag) => dockerfile(dag, holder.command).dockerBuild().sync()));
    await holder.next;
    between.cut();
    expect(await build).toEqual({
      code: "unavailable",
      message: "build acme/app: the engine stopped answering",
      hint: `check the engine at ${between.address}`,
      output: [],
    });
  });
});

describe("messages of the engine", () => {
  let session: DaggerSession;
  beforeAll(async () => {
    session = await open();
  });
  afterAll(() => session.close());

  const build = (text: string) => (dag: Client) => dag.directory().withNewFile("Dockerfile", text).dockerBuild().sync();
  const closed = "127.0.0.1:1"; // port 1 is never served: nobody but root may, and nothing does

  test.for<[title: string, work: (dag: Client) => Promise<unknown>, error: { code: string; message: unknown; hint?: string }]>([
    [
      "a missing Dockerfile",
      (dag) => dag.directory().withNewFile("a", "").dockerBuild({ dockerfile: "ci/Dockerfile" }).sync(),
      {
        code: "input",
        message: "x: there is no Dockerfile at ci/Dockerfile",
        hint: "name it with --dockerfile, as a path in the build context",
      },
    ],
    [
      "a missing folder",
      (dag) => dag.host().directory("/nonexistent").sync(),
      { code: "input", message: "x: there is no /nonexistent on this machine" },
    ],
    [
      "a secret that was not given",
      build('FROM scratch\nCOPY Dockerfile /\nRUN --mount=type=secret,id=npm,required=true ["/x"]\n'),
      {
        code: "input",
        message: "x: the Dockerfile asks for the secret npm, and no secret has that id",
        hint: "name it with --secret npm=env:NAME",
      },
    ],
    [
      "a platform that is none",
      (dag) =>
        dag
          .directory()
          .withNewFile("Dockerfile", "FROM scratch\n")
          .dockerBuild({ platform: "a/b/c/d" as never })
          .sync(),
      { code: "input", message: "x: cannot parse platform specifier: invalid argument" },
    ],
    [
      "an image reference that is none",
      (dag) => dag.container().from("A B").sync(),
      {
        code: "input",
        message: "x: failed to parse image address A B: invalid reference format: repository name (library/A B) must be lowercase",
      },
    ],
    [
      "a COPY of nothing",
      build("FROM scratch\nCOPY app /\n"),
      { code: "build_failed", message: 'x: COPY "/app": it is not in the build context' },
    ],
    [
      "a Dockerfile that is none",
      build("FROM scratch\nFOO x\n"),
      { code: "build_failed", message: "x: dockerfile parse error on line 2: unknown instruction: FOO (did you mean FROM?)" },
    ],
    [
      "a registry that is down",
      build(`FROM ${closed}/acme/base:1\nRUN x\n`),
      { code: "unavailable", message: `x: ${closed}: connection refused` },
    ],
    [
      "a Git server that is down",
      (dag) => dag.git(`http://${closed}/acme/app.git`).branch("main").tree().sync(),
      { code: "unavailable", message: `x: ${closed}: connection refused` },
    ],
    [
      "a host that is unknown",
      (dag) => dag.git("https://git.invalid/acme/app.git").branch("main").tree().sync(),
      // the answer of its name server: no such name, or a failure
      { code: "unavailable", message: expect.stringMatching(/^x: git\.invalid: (no such host|server misbehaving)$/) },
    ],
    [
      "a query that this engine does not know",
      async (dag) => (await dag.container().withEnvVariable("A", "b").envVariables())[0]?.name(), // 0.21 loads a list by `node`, 0.19 has none
      { code: "internal", message: 'x: Cannot query field "node" on type "Query".' },
    ],
  ])("an engine's message is translated: %s", async ([, work, error]) => {
    expect(await outcome(session.use("x", work))).toEqual({ ...error, output: [] });
  });

  test.for<[status: number, code: string, answer: string]>([
    [401, "unauthenticated", "401 Unauthorized"],
    [403, "forbidden", "403 Forbidden"],
    [429, "unavailable", "429 Too Many Requests"],
    [503, "unavailable", "503 Service Unavailable"],
  ])("a registry that answers %i is %s", async ([status, code, answer]) => {
    await using registry = await answering(status);
    const work = build(`FROM ${registry.host}/acme/base:1\nRUN x\n`);
    expect(await outcome(session.use("x", work))).toEqual({ code, message: `x: ${registry.host} answered ${answer}`, output: [] });
  });

  test("an image that the registry does not have is not found", async () => {
    await using registry = await answering(404);
    const image = `${registry.host}/acme/base:1`;
    expect(await outcome(session.use("x", (dag) => dag.container().from(image).sync()))).toEqual({
      code: "not_found",
      message: `x: there is no image ${image}`,
      output: [],
    });
  });

  test("a broken Git server is unavailable, and one that refuses is an error", async () => {
    await using broken = await answering(500);
    await using refusing = await answering(403);
    const read = (host: string) => outcome(session.use("x", (dag) => dag.git(`http://${host}/acme/app.git`).branch("main").tree().sync()));
    expect([await read(broken.host), await read(refusing.host)]).toEqual([
      { code: "unavailable", message: `x: ${broken.host} answered 500`, output: [] },
      {
        code: "forbidden",
        message: "x: the Git server refuses the credential",
        hint: "give a Git token that may read the repository",
        output: [],
      },
    ]);
  });

  test("a missing Git repository, branch or commit is not found", async () => {
    await using server = await startGitServer({ tokens: { "a token": { login: "bot" } } });
    await server.createRepository("acme/app", { files: { "README.md": "x" } });
    await server.createRepository("acme/hidden", { private: true, files: { "README.md": "x" } });
    const read = (work: (dag: Client) => Directory) => outcome(session.use("x", (dag) => work(dag).sync()));
    const url = `${server.url}/acme/app.git`;
    expect([
      await read((dag) => dag.git(`${server.url}/acme/hidden.git`).branch("main").tree()),
      await read((dag) => dag.git(url).branch("nope").tree()),
      await read((dag) => dag.git(url).commit("1".repeat(40)).tree()),
    ]).toEqual([
      {
        code: "unauthenticated",
        message: "x: the Git server asks for a credential, or refuses the one it got",
        hint: "give a Git token that may read the repository",
        output: [],
      },
      { code: "not_found", message: "x: the Git repository has no refs/heads/nope", output: [] },
      { code: "not_found", message: `x: the commit cannot be fetched from ${url}`, output: [] },
    ]);
    await using missing = await answering(404);
    expect(await read((dag) => dag.git(`http://${missing.host}/acme/app.git`).branch("main").tree())).toEqual({
      code: "not_found",
      message: "x: there is no such Git repository, or it is hidden from the credential",
      output: [],
    });
  });

  test("a mistake in the work itself is a bug", async () => {
    const mistake = new TypeError("dag.nope is not a function");
    expect(await outcome(session.use("x", () => Promise.reject(mistake)))).toEqual({
      code: "internal",
      message: "x: dag.nope is not a function",
      output: [],
    });
  });

  test("a native engine that has died is reported with its log", async () => {
    const lost = Object.assign(new Error("API Error"), { name: "GraphQLRequestError", response: { status: 502 } });
    expect(await outcome(session.use("x", () => Promise.reject(lost)))).toEqual({
      code: "unavailable",
      message: "x: the engine stopped answering",
      hint: `read ${(await engineStatus()).log}`,
      output: [],
    });
  });
});

function open(
  options: { engine?: string; signal?: AbortSignal; report?: (line: string) => void; log?: (line: string) => void } = {},
): Promise<DaggerSession> {
  return connectDagger({ engine: "native", signal: new AbortController().signal, report: () => undefined, ...options });
}

async function disposable(options: Parameters<typeof open>[0] = {}): Promise<DaggerSession & AsyncDisposable> {
  const session = await open(options);
  return { ...session, [Symbol.asyncDispose]: () => session.close() };
}

/** Returns the result or the error, without the stack. */
async function outcome(work: Promise<unknown>): Promise<object> {
  return work.then(
    () => ({ code: "none" }),
    (error: unknown) => {
      const { code, message, hint, output } = error as FairleadError;
      return { code, message, ...(hint === undefined ? {} : { hint }), output };
    },
  );
}

function busybox(dag: Client): Directory {
  return dag.directory().withFile("bin/busybox", dag.host().file("/bin/busybox"));
}

/** A new build each time: a cached result of the last run would prove nothing. */
function dockerfile(dag: Client, script: string): Directory {
  const text = [
    "FROM scratch",
    "COPY bin/busybox /bin/busybox",
    `ENV RUN_OF_THIS_TEST=${crypto.randomUUID()}`,
    `RUN ${JSON.stringify(["/bin/busybox", "sh", "-c", script])}`,
  ];
  return busybox(dag).withNewFile("Dockerfile", text.join("\n"));
}

interface Holder extends AsyncDisposable {
  /** Connects from a container, and stays connected. */
  readonly command: string;
  readonly next: Promise<[Socket]>;
}

/** A server that tells when a command in a container has begun (it connects) and ended (the connection closes). */
async function holdOpen(): Promise<Holder> {
  const server = createServer((socket) => socket.on("error", () => undefined).resume());
  const next = once(server, "connection") as Promise<[Socket]>;
  await once(server.listen(0, bridgeAddress), "listening");
  const { port } = server.address() as AddressInfo;
  return { command: `/bin/busybox nc ${bridgeAddress} ${port}`, next, [Symbol.asyncDispose]: () => end(server) };
}

/** A socket between a session and its engine that a test can cut. */
async function relay(target: string): Promise<AsyncDisposable & { address: string; cut(): void }> {
  const { path, [Symbol.asyncDispose]: remove } = await folder();
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = dial(target);
    for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined));
    near.pipe(far).pipe(near);
  });
  const socket = join(path, "engine.sock");
  await once(server.listen(socket), "listening");
  const cut = (): void => {
    server.close();
    for (const each of sockets) each.destroy();
  };
  return {
    address: `unix://${socket}`,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await remove();
    },
  };
}

/** An HTTP server with one answer for all requests. */
async function answering(status: number): Promise<AsyncDisposable & { host: string }> {
  const server = createHttpServer((_, response) => response.writeHead(status, { "www-authenticate": 'Basic realm="x"' }).end("{}"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: () => end(server) };
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

async function folder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "fairlead-connect-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
