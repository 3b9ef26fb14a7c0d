import type { Token, TokenAsk, TokenIdentity, TokenOrigin } from "./token.ts";
import { opens } from "./opens.ts";

/** Where the tokens for one resource, and for all below it, come from. */
export interface TokenSource {
  readonly for: string;
  readonly by: TokenOrigin;
  /** Whose place it has among sources of the same resource (default: that of `by`). */
  readonly rank?: TokenOrigin | undefined;
  readonly username?: string | undefined;
  /**
   * Returns the name by which a token is kept, for tokens that are made for what is asked: who asks for the same shares one. Undefined where there is
   * none: the next source is asked then. Throws `not_found` where a token should be and is not: the next source is asked, and if none has one, this is the
   * error. Without it, each resource with its permissions has a token of its own.
   */
  keyOf?(ask: TokenAsk): Promise<string | undefined>;
  /** Returns who the source itself is, without a token. */
  identity?(signal: AbortSignal): Promise<TokenIdentity>;
  /**
   * Returns a token, with the user name beside it where it has one; undefined where there is none: the next source is asked then. One that ends is asked
   * for again shortly before its end.
   */
  fetch(ask: TokenAsk): Promise<(Pick<Token, "value" | "expires"> & { readonly username?: string }) | undefined>;
}

/** The order among sources of the same resource. */
const order: readonly TokenOrigin[] = ["flag", "file", "app", "env", "gh", "helper"];

/** Returns the sources that a resource's token may come from, the best first. */
export function sourcesFor(sources: readonly TokenSource[], resource: string): readonly TokenSource[] {
  const rank = (source: TokenSource): number => source.for.length * order.length - order.indexOf(source.rank ?? source.by);
  const fitting = sources.filter((each) => opens(each.for, resource));
  return fitting.reverse().sort((a, b) => rank(b) - rank(a));
}
