/**
 * Permissions: keys, sessions and the policies of sessions.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html
 */

/** A refusal of AWS: each protocol puts its code into the body in its own way. */
export class AwsRefusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

/** Somebody who signs requests. */
export interface Principal {
  readonly arn: string;
  readonly account: string;
  readonly accessKey: string;
  /** None for a user's own key. */
  readonly sessionToken?: string;
  /** In milliseconds since 1970. */
  readonly expires?: number;
  /** The JSON of the session's policy; without one, all is allowed. */
  readonly policy?: string;
}

/** Throws unless the principal's policy allows an action on a resource. */
export function authorize(who: Principal, action: string, resource: string): void {
  if (who.policy === undefined) return;
  const { Version, Statement: statements } = JSON.parse(who.policy) as { Version: string; Statement: readonly Statement[] };
  if (Version !== "2012-10-17") throw new AwsRefusal(400, "MalformedPolicyDocument", "Syntax errors in policy.");
  const allowed = statements.some(
    (each) =>
      each.Effect === "Allow" && [each.Action].flat().includes(action) && [each.Resource].flat().some((arn) => covers(arn, resource)),
  );
  if (!allowed) {
    const why = `because no session policy allows the ${action} action`;
    throw new AwsRefusal(
      400,
      "AccessDeniedException",
      `User: ${who.arn} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
    );
  }
}

function covers(pattern: string, arn: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(arn);
}
