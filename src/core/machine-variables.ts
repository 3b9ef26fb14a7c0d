/**
 * The variables of the environment that any process of ours on this machine inherits: where programs, a user's files and compiled code are, the
 * language, the way to the network. They are names, since a pattern would also take a secret that somebody has named so.
 */
export const machineVariables: readonly string[] = [
  ...["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "NODE_COMPILE_CACHE"],
  ...["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR"],
];
