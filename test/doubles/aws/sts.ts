/** STS by its query protocol: https://docs.aws.amazon.com/STS/latest/APIReference/Welcome.html */
import { AwsRefusal, type Principal } from "./access.ts";

/** The state of STS. */
export interface StsState {
  /** The token subjects that each role trusts, by the role's ARN. Principals of the same account are trusted too. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly principals: Map<string, Principal>;
  /** Used tokens: each is good for one session. */
  readonly seen: Set<string>;
  /** The lifetime of a session, in milliseconds. */
  lifetime: number;
}

const needsNoSignature = ["AssumeRoleWithWebIdentity"];

/** Returns the XML that STS answers. Throws AwsRefusal. */
export function answerSts(state: StsState, form: URLSearchParams, identify: () => Principal): string {
  const action = form.get("Action") ?? "";
  if (form.get("Version") !== "2011-06-15") throw new AwsRefusal(400, "InvalidAction", `Could not find operation ${action}`);
  const who = needsNoSignature.includes(action) ? undefined : identify();
  if (action === "GetCallerIdentity" && who !== undefined) {
    return xml(action, `<Arn>${who.arn}</Arn><UserId>${who.accessKey}</UserId><Account>${who.account}</Account>`);
  }
  if (action === "AssumeRole" && who !== undefined)
    return xml(
      action,
      openSession(state, form, () => trusts(state, form, who)),
    );
  if (action === "AssumeRoleWithWebIdentity")
    return xml(
      action,
      openSession(state, form, () => trustsToken(state, form)),
    );
  throw new AwsRefusal(400, "InvalidAction", `Could not find operation ${action} for version 2011-06-15`);
}

/** The error of the query protocol. */
export function stsError({ code, message }: AwsRefusal): string {
  const text = message.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${text}</Message></Error></ErrorResponse>`;
}

function openSession(state: StsState, form: URLSearchParams, check: () => void): string {
  const role = form.get("RoleArn") ?? "";
  const name = form.get("RoleSessionName") ?? "";
  const policy = form.get("Policy") ?? undefined;
  if (!/^[\w+=,.@-]{2,64}$/.test(name))
    throw new AwsRefusal(400, "ValidationError", "Value at 'roleSessionName' failed to satisfy constraint");
  if (policy !== undefined && policy.length > 2048)
    throw new AwsRefusal(400, "ValidationError", "Value at 'policy' failed to satisfy constraint");
  check();
  const [, account = "", roleName = ""] = /^arn:aws:iam::(\d{12}):role\/(.+)$/.exec(role) ?? [];
  const accessKey = `ASIA${String(state.principals.size).padStart(16, "0")}`;
  const expires = Date.now() + state.lifetime;
  const session = { accessKey, secret: `secret-canary-${accessKey}`, sessionToken: `session-canary-${accessKey}`, expires };
  const arn = `arn:aws:sts::${account}:assumed-role/${roleName}/${name}`;
  state.principals.set(accessKey, { ...session, arn, account, ...(policy !== undefined && { policy }) });
  return (
    `<Credentials><AccessKeyId>${accessKey}</AccessKeyId><SecretAccessKey>${session.secret}</SecretAccessKey>` +
    `<SessionToken>${session.sessionToken}</SessionToken><Expiration>${new Date(expires).toISOString()}</Expiration></Credentials>` +
    `<AssumedRoleUser><Arn>${arn}</Arn><AssumedRoleId>${accessKey}:${name}</AssumedRoleId></AssumedRoleUser>`
  );
}

function trusts({ roles }: StsState, form: URLSearchParams, who: Principal): void {
  const role = form.get("RoleArn") ?? "";
  if (roles[role] !== undefined && role.split(":")[4] === who.account) return;
  throw new AwsRefusal(403, "AccessDenied", `User: ${who.arn} is not authorized to perform: sts:AssumeRole on resource: ${role}`);
}

function trustsToken({ roles, seen }: StsState, form: URLSearchParams): void {
  const token = form.get("WebIdentityToken") ?? "";
  const claims = readClaims(token);
  if (claims?.aud !== "sts.amazonaws.com") throw new AwsRefusal(400, "InvalidIdentityToken", "Incorrect token audience");
  if (seen.has(token)) throw new AwsRefusal(400, "ExpiredTokenException", "Token expired");
  seen.add(token);
  if (roles[form.get("RoleArn") ?? ""]?.includes(claims.sub) !== true) {
    throw new AwsRefusal(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
  }
}

function readClaims(token: string): { aud: string; sub: string } | undefined {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { aud: string; sub: string };
  } catch {
    return undefined;
  }
}

function xml(action: string, result: string): string {
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result></${action}Response>`;
}
