import { createPrivateKey, type KeyObject } from "node:crypto";
import { FairleadError } from "./errors.ts";

/**
 * Returns a private RSA key as PKCS#8, read from PEM of PKCS#1 or PKCS#8. Line breaks may be written as `\n`, as in a variable of the environment.
 * Throws `input`, beginning with `doing`, for everything else, without repeating any of it.
 */
export function rsaPrivateKey(doing: string, text: string): string {
  const pem = text.replaceAll("\\n", "\n").replaceAll("\r", "").trim();
  const key = readKey(pem);
  if (key?.asymmetricKeyType === "rsa") return key.export({ type: "pkcs8", format: "pem" }) as string;
  throw new FairleadError("input", `${doing}: its key is ${whyNot(pem, key)}`, {
    hint: isOpenSsh(pem)
      ? "write a copy of it in PEM: run ssh-keygen -p -m PEM -f COPY"
      : "give the .pem file that was downloaded when the key was made, as file:PATH",
  });
}

/** https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key */
function isOpenSsh(pem: string): boolean {
  return /^-+BEGIN OPENSSH PRIVATE KEY/.test(pem);
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function whyNot(pem: string, key: KeyObject | undefined): string {
  if (key !== undefined) return `of ${key.asymmetricKeyType ?? "another kind"}, not of RSA`;
  if (/^-+BEGIN (RSA )?PUBLIC KEY/.test(pem)) return "a public key, not a private one";
  if (isOpenSsh(pem)) return "in OpenSSH's own format, not in PEM";
  if (pem.includes("ENCRYPTED")) return "locked by a passphrase";
  return "no private key in PEM";
}
