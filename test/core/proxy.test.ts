import { expect, test } from "vitest";
import { proxiesOf, proxyFor, proxyVariables } from "../../src/core/proxy.ts";

const proxy = "http://proxy.test:3128";
const via = (env: Readonly<Record<string, string>>, url: string) => proxyFor(new URL(url), proxiesOf(env));

test("each scheme has its proxy, small names count before large ones, and ALL_PROXY stands in for both", () => {
  expect([
    via({ HTTPS_PROXY: proxy }, "https://ghcr.io/v2/"),
    via({ HTTPS_PROXY: proxy }, "http://ghcr.io/v2/"),
    via({ HTTP_PROXY: proxy }, "http://ghcr.io/v2/"),
    via({ HTTPS_PROXY: "http://large.test", https_proxy: "http://small.test" }, "https://ghcr.io/"),
    via({ HTTPS_PROXY: "proxy.test:3128" }, "https://ghcr.io/"),
    via({ ALL_PROXY: proxy }, "https://ghcr.io/"),
    via({ ALL_PROXY: "socks5://proxy.test" }, "https://ghcr.io/"),
    via({ HTTPS_PROXY: "" }, "https://ghcr.io/"),
  ]).toEqual([proxy, undefined, proxy, "http://small.test", proxy, proxy, undefined, undefined]);
});

test.each([
  ["*", ["https://ghcr.io/"], []],
  [
    "acme.com",
    ["https://acme.com/", "https://git.acme.com/", "https://acme.com:8443/"],
    ["https://notacme.com/", "https://acme.com.evil.test/"],
  ],
  [".acme.com, *.corp.test", ["https://git.acme.com/", "https://git.corp.test/"], ["https://corp.example/"]],
  ["GIT.acme.com", ["https://git.acme.com/"], ["https://acme.com/"]],
  ["acme.com:8443", ["https://acme.com:8443/"], ["https://acme.com/"]],
  ["[fd00::7]:5000", ["https://[fd00::7]:5000/"], ["https://[fd00::7]/"]],
  ["acme.com:443", ["https://acme.com/"], ["https://acme.com:8443/"]],
  ["10.0.0.0/8 192.168.1.7", ["https://10.9.8.7/", "https://192.168.1.7:5000/"], ["https://11.0.0.1/", "https://192.168.1.8/"]],
  ["[fd00::7],fd00::8", ["https://[fd00::7]:5000/", "https://[fd00::8]/"], ["https://[fd00::9]/"]],
  ["", ["https://localhost/", "https://127.0.0.1:5000/", "https://[::1]/", "https://169.254.169.254/"], ["https://ghcr.io/"]],
] as const)("NO_PROXY=%s leads without a proxy to %j, and not to %j", (list, without, others) => {
  const env = { HTTPS_PROXY: proxy, NO_PROXY: list };
  expect(without.filter((url) => via(env, url) !== undefined)).toEqual([]);
  expect(others.filter((url) => via(env, url) === undefined)).toEqual([]);
});

test("a program is given the proxies by small names, and nothing where there are none", () => {
  expect(proxyVariables(proxiesOf({ HTTP_PROXY: proxy, NO_PROXY: "acme.com" }))).toEqual({
    http_proxy: proxy,
    no_proxy: "acme.com,localhost,127.0.0.1,::1,[::1],169.254.169.254,169.254.170.2,169.254.170.23,fd00:ec2::254,[fd00:ec2::254]",
  });
  expect(proxyVariables(proxiesOf({ NO_PROXY: "acme.com" }))).toEqual({});
});
