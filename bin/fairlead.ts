#!/usr/bin/env node
import "./check-node.ts";
// A hang-up asks the listener to read its configuration again. One that comes while its code is loaded must not end it: it is read then anyway.
if (process.argv[2] === "serve") process.on("SIGHUP", () => undefined);
await import("./cli.ts");
