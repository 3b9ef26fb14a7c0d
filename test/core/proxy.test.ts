import { expect, test } from "vitest";
import { gitProxyVariables, proxiesOf, proxyFor, proxyVariables } from "../../src/core/proxy.ts";

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
  expect([
    via({ HTTPS_PROXY: proxy, https_proxy: "" }, "https://ghcr.io/"),
    via({ ALL_PROXY: proxy, https_proxy: "" }, "https://ghcr.io/"),
    via({ ALL_PROXY: proxy, https_proxy: "" }, "http://ghcr.io/"),
    via({ HTTPS_PROXY: proxy, NO_PROXY: "ghcr.io", no_proxy: "" }, "https://ghcr.io/"),
  ]).toEqual([undefined, undefined, proxy, proxy]);
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
  [
    "",
    ["https://127.0.0.2/", "https://[::ffff:127.0.0.1]/", "https://app.localhost/", "https://[::]/", "https://localhost./"],
    ["https://128.0.0.1/"],
  ],
  ["10.0.0.0/", [], ["https://10.0.0.0/", "https://9.9.9.9/"]],
  ["10.0.0.0/-1 10.0.0.0/33 10.0.0.0/x 256.0.0.0/8 /8 fd00::/129", [], ["https://10.0.0.0/", "https://9.9.9.9/", "https://[fd00::]/"]],
  ["0.0.0.0/0", ["https://9.9.9.9/"], ["https://ghcr.io/", "https://[2001:db8::1]/"]],
  ["10.1.2 10.1.2.", [], ["https://1.10.1.2/", "https://10.1.2.3/", "https://10.1.0.2/"]],
  ["10.1.2.3", ["https://10.1.2.3/", "https://[::ffff:10.1.2.3]/"], ["https://1.10.1.2.3.test/"]],
  ["fd00::/8", ["https://[fd12:3456::1]:5000/"], ["https://[fe80::1]/", "https://10.0.0.1/"]],
  ["[2001:db8::]/33", ["https://[2001:db8:7fff::1]/"], ["https://[2001:db8:8000::1]/"]],
  ["2001:0db8:0:0::1 [2001:DB8::0002]:5000", ["https://[2001:db8::1]/", "https://[2001:db8::2]:5000/"], ["https://[2001:db8::2]/"]],
  ["acme.com.", ["https://acme.com/", "https://git.acme.com./"], ["https://acme.com.test/"]],
  ["bücher.de", ["https://bücher.de/", "https://shop.xn--bcher-kva.de/"], ["https://bucher.de/"]],
] as const)("NO_PROXY=%s leads without a proxy to %j, and not to %j", (list, without, others) => {
  const env = { HTTPS_PROXY: proxy, NO_PROXY: list };
  expect(without.filter((url) => via(env, url) !== undefined)).toEqual([]);
  expect(others.filter((url) => via(env, url) === undefined)).toEqual([]);
});

test("a program is given the proxies by small names, and nothing where there are none", () => {
  expect(proxyVariables(proxiesOf({ HTTP_PROXY: proxy, NO_PROXY: "acme.com" }))).toEqual({
    http_proxy: proxy,
    no_proxy:
      "acme.com,.acme.com,localhost,.localhost,127.0.0.1,127.0.0.0/8,0.0.0.0,::1,[::1],::,[::],169.254.169.254,169.254.170.2,169.254.170.23,fd00:ec2::254,[fd00:ec2::254]",
  });
  expect(proxyVariables(proxiesOf({ NO_PROXY: "acme.com" }))).toEqual({});
});

test("a program is given NO_PROXY as it can read it: names in ASCII, what is none left out, known hosts of a network by themselves", () => {
  const proxies = proxiesOf({ HTTPS_PROXY: proxy, NO_PROXY: "Bücher.de. 10.1.2 10.0.0.0/ *.corp.test:8443 10.0.0.0/8 *" });
  const asked = ["https://10.7.7.7/api/v3", "https://ghcr.io/"].map((url) => new URL(url));
  const listed = proxyVariables({ ...proxies, none: proxies.none.filter((each) => each !== "*") }, asked).no_proxy?.split(",") ?? [];
  expect([...listed.slice(0, 5), listed.at(-1)]).toEqual([
    "xn--bcher-kva.de",
    ".xn--bcher-kva.de",
    "corp.test:8443",
    ".corp.test:8443",
    "10.0.0.0/8",
    "10.7.7.7",
  ]);
});

test("Git is given a SOCKS proxy too, where no variable of a scheme counts before it, and no user without a password", () => {
  const { no_proxy: _, ...variables } = gitProxyVariables(
    proxiesOf({ ALL_PROXY: "socks5://proxy.test:1080", http_proxy: "", HTTP_PROXY: proxy }),
  );
  expect(variables).toEqual({ https_proxy: "socks5://proxy.test:1080" });
  expect(gitProxyVariables(proxiesOf({ HTTPS_PROXY: "bot@proxy.test:3128" })).https_proxy).toBe("http://bot:@proxy.test:3128");
});
