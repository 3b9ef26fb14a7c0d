import { expect, test } from "vitest";
import { withoutLogin } from "../../../src/core/text/quote.ts";

test.each([
  ["https://u:PASS@ghcr.io/x", "https://***@ghcr.io/x"],
  ["u:PASS@ghcr.io/x/y", "***@ghcr.io/x/y"],
  ["https://a:pass/wSECRET@github.com/a/b", "https://***@github.com/a/b"],
  ["https://TOKEN@github.com/a/b", "https://***@github.com/a/b"],
  ["git@a:PW@github.com:a/b", "***@github.com:a/b"],
  ["git@github.com:acme/app", "git@github.com:acme/app"],
  ["ssh://git@github.com/acme/app", "ssh://git@github.com/acme/app"],
  ["ghcr.io/acme/app:1@sha256:abc", "ghcr.io/acme/app:1@sha256:abc"],
  ["u:PASS@ghcr.io/acme/app@sha256:abc", "***@ghcr.io/acme/app@sha256:abc"],
  ["docker.io/acme/app:1.2.3@1.2.3", "docker.io/acme/app:1.2.3@1.2.3"],
  ["localhost:5000/app@latest", "localhost:5000/app@latest"],
  ["/home/ada/app", "/home/ada/app"],
])("%s is shown in an error as %s", (text, shown) => {
  expect(withoutLogin(text)).toBe(shown);
});
