// As Probot's documentation has it for a server of one's own, with a handler that does nothing. It logs what it logs by default.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createNodeMiddleware, createProbot } from "probot";

const { PORT, SECRET } = process.env;
const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

const probot = createProbot({ overrides: { appId: 1, privateKey, secret: SECRET } });
const middleware = await createNodeMiddleware((app) => void app.on("push", () => undefined), { probot });
createServer((request, response) => middleware(request, response)).listen(Number(PORT), "127.0.0.1");
