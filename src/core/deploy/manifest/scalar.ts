import { parse } from "yaml";
import type { Splice } from "../../text/splice.ts";
import type { ScalarNode } from "./node.ts";

/** Tells whether every reader of YAML sees this scalar as exactly this string. */
export function readsAs(scalar: ScalarNode, text: string): boolean {
  if (scalar.text !== text || scalar.style === "empty") return false;
  return scalar.style !== "plain" || isStringTag(scalar.tag) || isPlainString(text);
}

/** Returns why the scalar cannot hold another one-line text in its own style; undefined if it can. */
export function whyNotWritable(scalar: ScalarNode): string | undefined {
  if (scalar.tag !== undefined && !isStringTag(scalar.tag)) return `its tag ${scalar.tag} makes it no string`;
  const isOneLine = /^\S(?:.*\S)?$/.test(scalar.text);
  return scalar.style === "block" && !isOneLine ? "its block is not one line with an indicator that strips the line end" : undefined;
}

/** Returns the splice that makes the scalar read as `to`, in its own style. A plain scalar is quoted if needed. */
export function spliceScalar(scalar: ScalarNode, to: string, text: string): Splice {
  const { start, end, style } = scalar;
  if (style === "block") return spliceBlock(scalar, to, text);
  if (style === "single") return { start, end, source: `'${to.replaceAll("'", "''")}'` };
  if (style === "double") return { start, end, source: JSON.stringify(to) };
  const source = isPlainString(to) ? to : JSON.stringify(to);
  return { start, end, source: style === "empty" ? ` ${source}` : source };
}

/** Replaces the one line of a block. Its header, its indent and the text behind the line stay. */
function spliceBlock({ start, end }: ScalarNode, to: string, text: string): Splice {
  const header = text.indexOf("\n", start) + 1;
  const content = text.slice(header, end);
  const from = header + content.search(/\S/);
  return { start: from, end: header + content.trimEnd().length, source: to };
}

/** Such a text with a slash is no number, time, boolean or indicator: an image reference needs no parser. */
const surelyPlain = /^[A-Za-z][\w./:@-]*\w$/;

/**
 * Tells whether YAML 1.1, YAML 1.2 and Go's readers, which Flux and Kustomize have, all read a plain scalar of this text as the text itself.
 */
function isPlainString(text: string): boolean {
  if (text.includes("/") && surelyPlain.test(text)) return true;
  if (isGoNumber(text)) return false;
  return (["1.1", "1.2"] as const).every((version) => {
    try {
      const read: unknown = parse(`[${text}]`, { version, logLevel: "silent" });
      return Array.isArray(read) && read.length === 1 && read[0] === text;
    } catch {
      return false;
    }
  });
}

const goInteger = /^[-+]?0(?:[bB][01]+|[oO][0-7]+|[xX][0-9a-fA-F]+)$/;
const goFloat = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;

/**
 * Tells whether Go's readers take a text for a number. They drop underscores first, wherever they are but at the beginning, and then read
 * prefixes in both cases. https://github.com/go-yaml/yaml/blob/v3/resolve.go, https://pkg.go.dev/strconv#ParseInt
 */
function isGoNumber(text: string): boolean {
  const plain = text.replaceAll("_", "");
  return !text.startsWith("_") && (goInteger.test(plain) || goFloat.test(plain));
}

function isStringTag(tag: string | undefined): boolean {
  return tag === "tag:yaml.org,2002:str" || tag === "!";
}
