import { createHash } from "node:crypto";
import { z } from "zod";
import { checkDefaults, defaultFields, defaultsSchema, type DefaultFields } from "../src/config/defaults.ts";
import { commonFields, readConfigText, type CommonConfig } from "../src/config.ts";
import type { Absolute } from "../src/config/paths.ts";
import { duration, size } from "../src/config/values.ts";
import { unbracketed } from "../src/core/ipv6.ts";
import { trimEnd } from "../src/core/text/trim.ts";
import { fieldsOf } from "../src/core/run/fields.ts";
import type { Pipeline } from "../src/core/run/pipeline.ts";
import { engineProblem } from "../src/dagger/engine/setting.ts";
import { checkEnvironmentNames } from "./config/check-environments.ts";
import { checkRoutes } from "./config/check-routes.ts";
import { gateAt } from "./config/gate.ts";
import { findLoops } from "./config/loops.ts";
import { fillRoutes } from "./config/route-defaults.ts";
import { withAbsolutePaths } from "./config/paths.ts";
import { attempts, openRoute, routeSchema, type Route, type WrittenRoute } from "./config/routes.ts";
import { reportsSchema } from "./config/reports.ts";
import { storeSchema } from "./config/store-address.ts";
import {
  askSources,
  checkSources,
  eventsOfSources,
  resolveSources,
  sourcesSchema,
  type ConfigKinds,
  type Source,
} from "./config/sources.ts";
import { leaseWarnings, loopWarning, type ConfigWarning, untaggedWarning } from "./config/warnings.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";
import { isAddressOrNetwork } from "./http/peer.ts";
import type { WorkerTimings } from "./worker/watch.ts";

export type { Route } from "./config/routes.ts";
export type { ConfigKinds, Source } from "./config/sources.ts";

/** The listener's configuration: fairlead.yaml, read and checked. */
export interface ListenerConfig extends CommonConfig {
  /** The SHA-256, in hex, of `text`: layout and comments of the file do not matter. */
  readonly hash: string;
  /** The configuration as JSON, which `readConfig` reads to the same: what is kept for the runs that it makes. No secret is in it. */
  readonly text: string;
  readonly sources: readonly Source[];
  /** In their order. */
  readonly routes: readonly Route[];
  /** What is right, and may not be what was meant. */
  readonly warnings: readonly ConfigWarning[];
  /** The address of the store, whose scheme is one of `webhook/stores/index.ts`. */
  readonly store: string;
  /** Ended runs, and their deliveries, are deleted after so long. */
  readonly retentionMilliseconds: number;
  readonly workers: WorkerSettings;
  readonly limits: Limits;
  readonly listen: ListenSettings;
}

/** Where the listener listens, and who is in front of it. */
export interface ListenSettings {
  readonly host: string;
  readonly port: number;
  /** The path below which it is reached, beside `/`: `/ci`. "": none. */
  readonly path: string;
  /** Addresses and networks of proxies: many peers come through one. */
  readonly proxies: readonly string[];
}

/** The processes that run what routes make. */
export interface WorkerSettings {
  readonly count: number;
  /** The default timeout of an attempt. */
  readonly timeoutMilliseconds: number;
  readonly maxAttempts: number;
  readonly timings: WorkerTimings;
  /** `auto`, `docker`, `native` or an address; without it, what the environment says. */
  readonly engine: string | undefined;
}

/** Limits of what senders may take of the listener, and that of a run. */
export interface Limits extends DeliveryLimits {
  /** All bodies together of requests that are not answered yet. */
  readonly bodiesBytes: number;
  readonly connections: number;
  readonly connectionsPerPeer: number;
  /** From a request's first byte to its last. */
  readonly requestMilliseconds: number;
  /** From the end of a response to the next request of its connection. */
  readonly keepAliveMilliseconds: number;
  /** The heap of a run's process. Beyond it, the run fails and is retried. */
  readonly memoryBytes: number;
  /** Runs of a source that may be queued and start as soon as they can; those beyond start at `rate`. */
  readonly queued: number;
  /** Runs a minute. */
  readonly rate: number;
}

/** Milliseconds: an effect that is under way when a run is stopped has ten seconds, and its process some to say so. */
const grace = 12_000;

/** Bytes: with less, no run begins. */
const leastMemory = 128 * 1024 * 1024;

const workers = z.strictObject({
  count: z.int().min(1, "expected 1 to 64").max(64, "expected 1 to 64").default(2).describe("let this many runs go on at the same time"),
  timeout: duration().prefault("1h").describe("stop an attempt at a run after this time"),
  attempts: attempts().default(5),
  lease: duration().prefault("30s").describe("take a run from a worker that has sent no heartbeat for this time"),
  stallTimeout: duration().prefault("15m").describe("stop a run that has reported nothing for this time"),
  engine: z
    .string()
    .refine((setting) => engineProblem(setting) === undefined, { error: ({ input }) => engineProblem(String(input)) })
    .optional()
    .describe("build on this Dagger engine: auto, docker, native, or an address (default: FAIRLEAD_ENGINE, else auto)"),
});

/** Returns the schema of a number of things, such as connections. */
function count(usual: number): z.ZodDefault<z.ZodInt> {
  return z.int().min(1, "expected 1 or more").default(usual);
}

const limits = z.strictObject({
  bodies: size()
    .prefault("256MiB")
    .describe("answer 503 while the bodies of requests that are not answered yet are larger than this together"),
  connections: count(1000).describe("close the oldest connection without a whole header when there are more than this"),
  connectionsPerPeer: count(100).describe("close the oldest of an address, unless it is in listen.proxies, when it has more than this"),
  requestTime: duration().prefault("30s").describe("end a request that takes longer than this from its first byte to its last"),
  keepAlive: duration()
    .prefault("75s")
    .describe("close a connection on which no request has come for this time: longer than a proxy in front keeps its own"),
  memory: size()
    .refine((bytes) => bytes >= leastMemory, "expected at least 128MiB")
    .prefault("1GiB")
    .describe("fail a run whose own process needs a larger heap than this"),
  events: count(1000).describe("store a delivery of more events than this, and run nothing until it is resent"),
  runs: count(1000).describe("store a delivery that would make more runs than this, and run nothing until it is resent"),
  unproven: count(100).describe("ignore a delivery of more events or runs than this that only its address proves"),
  nameLength: count(255).describe(
    "store a delivery with a name, such as a branch, of more characters than this, and run nothing until it is resent",
  ),
  queued: count(100).describe("start this many queued runs of a source as soon as they can, and those beyond at limits.rate"),
  rate: count(60).describe("start this many runs a minute of those beyond limits.queued"),
});

const listen = z.strictObject({
  host: z
    .string()
    .min(1, "it is empty")
    .overwrite(unbracketed)
    .default("127.0.0.1")
    .describe("listen at this address; 0.0.0.0 is every IPv4 address of the machine"),
  port: z
    .int()
    .min(0, "expected 0 to 65535")
    .max(65_535, "expected 0 to 65535")
    .default(8080)
    .describe("listen at this port; 0 is any free one"),
  path: z
    .string()
    .regex(/^\/(?:[\w~!$&'()*+,;=:@-][\w.~!$&'()*+,;=:@-]*(?:\/|$))*$/, "expected a path such as /ci")
    .default("/")
    .describe("answer below this path too, and print URLs below it, such as /ci"),
  proxies: z
    .array(z.string().refine(isAddressOrNetwork, "expected an IP address, or a network such as 10.0.0.0/8"))
    .default(["127.0.0.0/8", "::1"])
    .describe("give no share of the connections to these addresses: they are proxies, through which many senders come"),
});

/** Returns the schema of fairlead.yaml. */
export function configSchema({ receivers, pipelines }: ConfigKinds) {
  return z.strictObject({
    ...commonFields,
    defaults: defaultsSchema(fieldsOfDefaults(pipelines)).default({}).describe("values of fields that a command or a route leaves out"),
    sources: sourcesSchema(receivers).default({}).describe("senders of deliveries, by name"),
    reports: reportsSchema()
      .default([])
      .describe(
        "tell of the runs of all routes by these reporters, where their commits are; auto is a check where an App is, else a status",
      ),
    routes: z.array(routeSchema(pipelines)).default([]).describe("pipelines to run, and the events that start them"),
    store: storeSchema,
    retention: duration({ days: 36_500 }).prefault("30d").describe("delete runs that have ended after this time, with their deliveries"),
    workers: workers.prefault({}),
    limits: limits.prefault({}),
    listen: listen.prefault({}),
  });
}

function fieldsOfDefaults(pipelines: readonly Pipeline[]): DefaultFields {
  return defaultFields(pipelines.map(({ input }) => ({ fields: fieldsOf(input) })));
}

/** How a text is read: the kinds that it may name, how problems name the file, and where its relative paths lead. */
export interface ConfigReading extends ConfigKinds {
  readonly path: string;
  /** Default: the paths stay as they are, as in a text that was read before. */
  readonly absolute?: Absolute;
}

/**
 * Returns the configuration that a text holds, checked against what it may name. Throws `input` with all problems at once, each with line and column.
 */
export function readConfig(source: string, { path, absolute, ...kinds }: ConfigReading): ListenerConfig {
  const { receivers, pipelines } = kinds;
  const known = fieldsOfDefaults(pipelines);
  const check = (value: unknown): ReturnType<typeof checkRoutes> => {
    const { sources, routes, defaults, environments, credentials } = (value ?? {}) as {
      readonly environments?: unknown;
      readonly credentials?: unknown;
      readonly sources?: unknown;
      readonly routes?: unknown;
      readonly defaults?: unknown;
    };
    const inputs = pipelines.map(({ input }) => ({ input, fields: fieldsOf(input) }));
    return [
      ...checkDefaults(defaults, known, inputs),
      ...checkEnvironmentNames(routes, environments),
      ...checkSources(sources, receivers),
      ...checkRoutes(routes, eventsOfSources(sources, receivers), { pipelines, credentials, environments }),
    ];
  };
  const schema = configSchema(kinds);
  const fill = (value: unknown): ReturnType<typeof fillRoutes> => fillRoutes(value, pipelines, known);
  const { value } = readConfigText(source, { path, schema, fill, check });
  const text = canonicalText(absolute === undefined ? value : withAbsolutePaths(value, pipelines, absolute));
  // What is worked by is read from what is kept, so that both are the same.
  const config = schema.parse(JSON.parse(text));
  const written = config.routes.map((route: WrittenRoute) => ({ ...route, gate: gateAt(route, config.environments) }));
  const sources = resolveSources(config.sources, receivers);
  const unproven = new Set(sources.filter(({ readAgain }) => readAgain).map(({ name }) => name));
  const cycles = findLoops(config.routes, pipelines);
  const loops = new Set(cycles.flat());
  const routes = written.map((route) =>
    openRoute(route, pipelines, { readAgain: unproven.has(route.when.source), loops: loops.has(route.name) }, config),
  );
  const { version, credentials, servers, environments, reportTo, store, listen } = config;
  const { bodies, requestTime, keepAlive, memory, ...otherLimits } = config.limits;
  return {
    version,
    credentials,
    servers,
    environments,
    reportTo,
    store,
    listen: { ...listen, path: trimEnd(listen.path, "/") },
    sources: askSources(sources, routes),
    routes,
    warnings: [
      ...cycles.map((cycle) => loopWarning(cycle, routes)),
      ...routes.flatMap(untaggedWarning),
      ...leaseWarnings(config.workers.lease, grace),
    ],
    hash: hashOf(text),
    text,
    retentionMilliseconds: config.retention,
    workers: {
      count: config.workers.count,
      engine: config.workers.engine,
      timeoutMilliseconds: config.workers.timeout,
      maxAttempts: config.workers.attempts,
      timings: { lease: config.workers.lease, stallTimeout: config.workers.stallTimeout, grace },
    },
    limits: {
      ...otherLimits,
      bodiesBytes: bodies,
      requestMilliseconds: requestTime,
      keepAliveMilliseconds: keepAlive,
      memoryBytes: memory,
    },
  };
}

/** Returns the hash of a configuration's text, under which it is stored. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The same data is the same text: the order of a list counts, that of a mapping does not. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
