import { gitProxyVariables, proxiesOf } from "../core/proxy.ts";

/**
 * The only settings from outside that Git sees: proxies and certificates of the machine. Names are those of libcurl,
 * OpenSSL and Git.
 */
const passedOn = [...["PATH", "TMPDIR"], ...["SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"]];

/**
 * Returns an environment in which Git knows only what it is told. `home` is an empty folder.
 * https://git-scm.com/docs/git#_environment_variables
 */
export function cleanEnvironment(home: string): Record<string, string> {
  return {
    ...inherit(passedOn),
    ...gitProxyVariables(proxiesOf(process.env)),
    HOME: home,
    LC_ALL: "C", // texts that failure.ts reads stay as they are
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: "https:http:ssh",
    // A connection that is slower than this for a minute is dead, in bytes a second and seconds.
    GIT_HTTP_LOW_SPEED_LIMIT: "100",
    GIT_HTTP_LOW_SPEED_TIME: "60",
  };
}

/** Returns the named variables of our own environment that are set. */
export function inherit(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
