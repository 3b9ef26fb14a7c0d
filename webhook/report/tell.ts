import { configCredentials, configServers } from "../../src/config.ts";
import { environmentOf } from "../../src/config/environments.ts";
import { asFairleadError, consequences, FairleadError } from "../../src/core/errors.ts";
import { parseRepository } from "../../src/core/git/repository.ts";
import { opens } from "../../src/core/opens.ts";
import type { Permission } from "../../src/core/permission.ts";
import { autoReporter, reporterNamed } from "../../src/core/reporter-named.ts";
import type { ReportContext, Reporter } from "../../src/core/reporter.ts";
import type { Json } from "../../src/core/json.ts";
import { credentialsOf } from "../../src/core/run/parsed-input.ts";
import { parseInput } from "../../src/core/run/pipeline.ts";
import { createRedactor, redactAll, type Redactor, type Secret } from "../../src/core/secret.ts";
import { secretValue } from "../../src/secrets.ts";
import { openRun } from "../../src/wire.ts";
import type { ListenerConfig } from "../config.ts";
import { stubSecret } from "../config/fill.ts";
import { openInput } from "../routing/route.ts";
import { withCredentialHint } from "../run/credential-hint.ts";
import { routeOf } from "../run/execute.ts";
import type { ReportEnding } from "../store-reports.ts";
import type { StoredRun } from "../store.ts";
import { look } from "./look.ts";
import type { Telling, TellOrder, Told } from "./messages.ts";
import { openSubject, subjectOfFacts } from "./subject.ts";
import { factsOf, viewOf } from "./view.ts";

/** What a report is told with. */
export interface TellTools {
  readonly reporters: readonly Reporter[];
  readonly signal: AbortSignal;
}

/** Does what was ordered, and returns what came of it: it never throws. No secret is in what it returns. */
export async function tell(order: TellOrder, config: ListenerConfig, tools: TellTools): Promise<Told> {
  const redactor = createRedactor();
  const { telling } = order;
  try {
    return redactAll(redactor, await tellOrder(order, config, tools, redactor));
  } catch (error) {
    const { code, message, hint } = withCredentialHint(asFairleadError(error), config.credentials);
    // the difference was read before somebody else wrote: it is read again
    const retry = consequences[code].retry || code === "conflict" || code === "canceled";
    if ("look" in telling) return { look: { state: "failed", retry } };
    return { report: { state: "failed", retry, error: redactAll(redactor, { code, message, hint }) } };
  }
}

async function tellOrder(order: TellOrder, config: ListenerConfig, tools: TellTools, redactor: Redactor): Promise<Told> {
  const { telling, secrets } = order;
  const closed = new WeakSet<Secret>();
  const open = (reference: string, name: string): Secret => {
    if (secrets[reference] !== undefined) return secretValue(secrets[reference], name, redactor);
    const secret = stubSecret(reference, name);
    closed.add(secret);
    return secret;
  };
  const values = valuesOf(config, "look" in telling ? telling.run : telling.report.run, open);
  if ("look" in telling) {
    const about = { repository: telling.look.rollout.repository, needs: looking };
    return {
      look: await withContext(order, config, { ...tools, redactor, open, closed, ...about }, (ctx) => look(ctx, telling.look)),
    };
  }
  return { report: await report(order, config, { ...tools, redactor, open, closed }, telling, values) };
}

const looking: readonly Permission[] = ["pull-requests:read", "statuses:read", "contents:read"];

async function report(
  order: TellOrder,
  config: ListenerConfig,
  tools: TellTools & Pick<Opening, "redactor" | "open" | "closed">,
  { report: { run, reporter: name, subject: known, rollout } }: Extract<Telling, { report: unknown }>,
  values: Readonly<Record<string, unknown>>,
): Promise<ReportEnding> {
  const route = routeOf(config, run);
  const facts = factsOf(route.pipeline, run, values);
  const subject = known ?? subjectOfFacts(facts, route.reports.places, values);
  if (subject === undefined) return { state: "nothing" };
  const reporter = reporterNamed(name === "auto" ? autoReporter(config.credentials, subject.repository) : name, tools.reporters);
  const opening = { ...tools, repository: subject.repository, needs: reporter.needs };
  const opened = openSubject(run.id, subject);
  const environment = environmentOf(config.environments, values, opened.repository) ?? opened.environment;
  await withContext(order, config, opening, (ctx) => reporter.report(ctx, { ...opened, environment }, viewOf(route, run, facts, rollout)));
  return { state: "sent" };
}

function valuesOf(config: ListenerConfig, run: StoredRun, open: Opening["open"]): Readonly<Record<string, unknown>> {
  const route = routeOf(config, run);
  const { name, input } = route.pipeline;
  return parseInput(name, input, openInput(route, run.input as Readonly<Record<string, Json>>, open));
}

interface Opening extends TellTools {
  /** The only repository that is asked, or written to. */
  readonly repository: string;
  readonly needs: readonly Permission[];
  readonly redactor: Redactor;
  readonly open: (reference: string, name: string) => Secret;
  /** Secrets of the run that this is not given: they are for other places, or revoked. */
  readonly closed: WeakSet<Secret>;
}

/** Calls `use` with ports to one repository, opened by what is for it alone: the configuration's credentials, and those that the route gives the run. */
async function withContext<T>(
  order: TellOrder,
  config: ListenerConfig,
  { repository, needs, redactor, open, closed, signal }: Opening,
  use: (ctx: ReportContext) => Promise<T>,
): Promise<T> {
  const { telling } = order;
  const storedRun = "look" in telling ? telling.run : telling.report.run;
  const report = (): void => undefined;
  await using run = openRun({
    dryRun: false,
    report,
    signal,
    redactor,
    servers: configServers(config),
    credentials: configCredentials(order, open),
  });
  const given = credentialsOf(routeOf(config, storedRun).pipeline.input, valuesOf(config, storedRun, open));
  const { host, transport } = parseRepository(repository);
  const scope = { session: `fairlead-${storedRun.id}`, images: [], hosts: [{ host, transport }], needs, input: {} };
  const ports = run.options.ports(
    given.filter((each) => opens(each.for, repository) && !closed.has(each.secret)),
    scope,
  );
  signal.throwIfAborted();
  return await use({ gitProvider: (name) => only(host, name, ports), signal, now: () => new Date(), report });
}

/** A reporter has no business anywhere else. */
function only(host: string, name: string, ports: Pick<ReportContext, "gitProvider">): ReturnType<ReportContext["gitProvider"]> {
  if (name !== host) throw new FairleadError("internal", `use Git provider ${name}: the report is about ${host}`);
  return ports.gitProvider(name);
}
