// As the README of @octokit/webhooks has it, with a handler that does nothing.
import { createServer } from "node:http";
import { createNodeMiddleware, Webhooks } from "@octokit/webhooks";

const { PORT, SECRET } = process.env;

const webhooks = new Webhooks({ secret: SECRET });
webhooks.on("push", () => undefined);
createServer(createNodeMiddleware(webhooks)).listen(Number(PORT), "127.0.0.1");
