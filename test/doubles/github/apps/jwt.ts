/** https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app */
import { verify } from "node:crypto";
import { refuse } from "../route.ts";
import type { App, Apps } from "./state.ts";

/** Seconds. */
const longestLife = 600;

const undecoded = (): Error => refuse(401, "A JSON web token could not be decoded");

/** Returns the App that has signed a token. Throws GitHub's refusal, in GitHub's words. */
export function verifyJwt(apps: Apps, token: string | undefined): App {
  const [head = "", body = "", signature = "", ...more] = (token ?? "").split(".");
  const claims = readPart(body);
  if (readPart(head).alg !== "RS256" || signature === "" || more.length > 0) throw undecoded();
  const app = apps.list.find(({ id, clientId }) => [String(id), clientId].includes(String(claims.iss)));
  if (app === undefined) throw refuse(404, "Integration not found");
  if (app.keys.length === 0) throw refuse(401, "Integration must generate a public key");
  const signed = Buffer.from(`${head}.${body}`);
  if (!app.keys.some((key) => verify("sha256", signed, key, Buffer.from(signature, "base64url")))) throw undecoded();
  checkTimes(claims, apps.now() / 1000);
  return app;
}

function checkTimes({ iat, exp }: Readonly<Record<string, unknown>>, now: number): void {
  if (!Number.isInteger(iat) || Number(iat) > now)
    throw refuse(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
  if (!Number.isInteger(exp) || Number(exp) <= now)
    throw refuse(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  if (Number(exp) > now + longestLife) throw refuse(401, "'Expiration time' claim ('exp') is too far in the future");
}

function readPart(part: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString()) as Readonly<Record<string, unknown>>;
  } catch {
    throw undecoded();
  }
}
