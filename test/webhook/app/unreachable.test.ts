import { expect, test } from "vitest";
import { unreachable } from "../../../webhook/app/unreachable.ts";

const reached = ["https://hooks.acme.dev", "https://hooks.acme.dev:8443/ci", "https://192.0.2.7", "https://[2606:4700::1111]"];

test.for([
  ["http://localhost:8080", "only this machine or its own network knows this name"],
  ["https://hooks.localhost", "only this machine or its own network knows this name"],
  ["https://Listener.Local", "only this machine or its own network knows this name"],
  ["https://hooks.svc.internal.", "only this machine or its own network knows this name"],
  ["https://listener", "a name without a dot is known in its own network alone"],
  ["http://127.0.0.1:8080", "this address is the own one of each machine"],
  ["https://0x7f.1", "this address is the own one of each machine"],
  ["https://[::1]", "this address is the own one of each machine"],
  ["https://[::ffff:127.0.0.1]", "this address is the own one of each machine"],
  ["https://10.1.2.3", "this address is of a private network"],
  ["https://192.168.1.20:8443", "this address is of a private network"],
  ["https://[fd12:3456::1]", "this address is of a private network"],
  ["https://169.254.10.1", "this is no address of the internet"],
  ["https://[fe80::1]", "this is no address of the internet"],
  ...reached.map((url) => [url, undefined] as const),
] as const)("whether the internet reaches a listener at %s", ([url, why]) => {
  expect(unreachable(url)).toBe(why);
});
