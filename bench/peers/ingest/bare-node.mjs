// The least that a listener in Node does: reads the body, proves its sender, answers. It does not read what the body says, and keeps nothing.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const { PORT, SECRET } = process.env;

createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const expected = Buffer.from(`sha256=${createHmac("sha256", SECRET).update(Buffer.concat(chunks)).digest("hex")}`);
    const given = Buffer.from(request.headers["x-hub-signature-256"] ?? "");
    const proven = given.length === expected.length && timingSafeEqual(given, expected);
    response.writeHead(proven ? 202 : 401, { "Content-Length": 0 }).end();
  });
}).listen(Number(PORT), "127.0.0.1");
