import { z } from "zod";
import { reporters } from "../../src/reporters/index.ts";
import { autoReporter } from "../../src/core/reporter-named.ts";
import { subjectOf } from "../report/subject.ts";
import type { Event } from "../../src/core/event.ts";
import type { NewReports } from "../store-reports.ts";

/** Reporters as they are written: one name, or a list. */
export type WrittenReports = string | readonly string[];

/** The part of a configuration that says what is told of runs. */
export interface ReportsConfig {
  readonly reports: WrittenReports;
  /** What labels of images may name. */
  readonly reportTo: readonly string[];
  readonly credentials: Readonly<Record<string, object>>;
}

/** What a route tells of its runs. */
export interface RouteReports {
  /** The names of reporters, and `auto`, each once. */
  readonly names: readonly string[];
  /** The repositories, and the places with repositories, that are reported to where only the labels of an image name them. */
  readonly places: readonly string[];
  /** By which `auto` is decided: no secret is in them. */
  readonly credentials: ReportsConfig["credentials"];
}

/** `summary` is for the page of a CI job, and a listener is in none. */
const known = ["auto", ...reporters.map(({ name }) => name).filter((name) => name !== "summary")];

/** Returns the schema of reporters: `auto`, the name of one, or a list of these. */
export function reportsSchema(): z.ZodType<WrittenReports> {
  const name = z.enum(known);
  return z.union([name, z.array(name)], { error: `expected ${known.join(", ")}, or a list of these` });
}

/** Returns what a route tells, and where: what it says itself, else what is said for all. */
export function routeReports(
  own: { readonly reports?: WrittenReports | undefined; readonly reportTo?: readonly string[] | undefined },
  { reports, reportTo, credentials }: ReportsConfig,
): RouteReports {
  return { names: [...new Set([own.reports ?? reports].flat())], places: own.reportTo ?? reportTo, credentials };
}

/** Returns the reports of a run of an event; undefined: nothing is told of it. Who `auto` is shows only where the repository is known. */
export function newReports({ names, credentials }: RouteReports, event: Event): NewReports | undefined {
  if (names.length === 0) return undefined;
  const subject = subjectOf(event);
  const nameOf = (name: string): string =>
    name === "auto" && subject !== undefined ? autoReporter(credentials, subject.repository) : name;
  return { reporters: [...new Set(names.map(nameOf))], subject };
}
