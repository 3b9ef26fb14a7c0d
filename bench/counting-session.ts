// Stands where a Dagger SDK expects `dagger`: COUNT_FILE and the real program come first, then the SDK's own arguments. It runs the
// real one, puts an HTTP proxy before the session's port, and writes how many GraphQL requests went through when the session ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";

const [countFile = "", program = "", ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
process.stdin.pipe(child.stdin);
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal));

const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
const session = JSON.parse(line) as { readonly port: number };
let count = 0;
const proxy = createServer((incoming, outgoing) => {
  if (incoming.method === "POST" && incoming.url === "/query") count += 1;
  const { method, url: path, headers } = incoming;
  const onward = request({ host: "127.0.0.1", port: session.port, method, path, headers }, (answer) => {
    answer.pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers));
  });
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
});
proxy.listen(0, "127.0.0.1");
await once(proxy, "listening");
process.stdout.write(`${JSON.stringify({ ...session, port: (proxy.address() as AddressInfo).port })}\n`);

const [code] = (await once(child, "close")) as [number | null];
writeFileSync(countFile, String(count));
process.exit(code ?? 1);
