/** A token server for docker-registry: https://distribution.github.io/distribution/spec/auth/token/ */
import { execFile } from "node:child_process";
import { createHash, createPublicKey, randomUUID, sign } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createFolder, createRunning, listen, readBody, type Running } from "./server.ts";

/** A name, its password, and its permissions by repository: `{ "acme/app": "pull,push" }`. */
export type TokenUsers = Readonly<
  Record<string, { readonly password: string; readonly repositories: Readonly<Record<string, "pull" | "pull,push">> }>
>;

export interface TokenServer extends Running {
  readonly service: string;
  readonly issuer: string;
  /** The file of the certificate whose key signs the tokens. */
  readonly certificate: string;
  /** The scopes of each requested token. */
  readonly asked: readonly (readonly string[])[];
}

/**
 * Starts a server whose tokens grant the requested actions that the user has, even if there are none. Unknown users get
 * no token.
 */
export async function startTokenServer(users: TokenUsers): Promise<TokenServer> {
  await using stack = new AsyncDisposableStack();
  const folder = await createFolder(stack, "tokens");
  const [certificate, keyFile] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const subject = ["-subj", "/CN=tokens", "-days", "2"];
  await promisify(execFile)("openssl", [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    keyFile,
    "-out",
    certificate,
    ...subject,
  ]);
  const key = await readFile(keyFile, "utf8");
  const asked: string[][] = [];
  const [service, issuer] = ["the registry", "tokens of the tests"];
  const host = await listen(stack, async (request, response) => {
    await readBody(request);
    const scopes = new URL(request.url ?? "", "http://tokens").searchParams.getAll("scope");
    asked.push(scopes);
    const [name = "", password] = Buffer.from((request.headers.authorization ?? "").replace(/^Basic /, ""), "base64")
      .toString()
      .split(":");
    const user = users[name];
    if (user === undefined || user.password !== password) {
      response.writeHead(401, { "content-type": "application/json" }).end('{"errors":[{"code":"UNAUTHORIZED","message":"who are you?"}]}');
      return;
    }
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, sub: name, aud: service, iat: now, nbf: now, exp: now + 300, jti: randomUUID() };
    const token = signToken(key, { ...claims, access: scopes.flatMap((scope) => grant(scope, user.repositories)) });
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ token, expires_in: 300 }));
  });
  return { ...createRunning(host, stack.move(), "/token"), service, issuer, certificate, asked };
}

function grant(scope: string, repositories: Readonly<Record<string, string>>): readonly object[] {
  const [type, name = "", wanted = ""] = scope.split(":");
  const may = repositories[name]?.split(",") ?? [];
  return [{ type, name, actions: wanted.split(",").filter((action) => may.includes(action)) }];
}

function signToken(key: string, claims: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const content = `${encode({ typ: "JWT", alg: "RS256", kid: keyId(key) })}.${encode(claims)}`;
  return `${content}.${sign("sha256", Buffer.from(content), key).toString("base64url")}`;
}

/** The name of a key in docker-registry: https://github.com/docker/libtrust/blob/master/util.go (keyIDFromCryptoKey) */
function keyId(key: string): string {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return base32(createHash("sha256").update(spki).digest().subarray(0, 30)).replace(/(.{4})(?!$)/g, "$1:");
}

function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".charAt(parseInt(five, 2))).join("");
}
