import { createHash } from "node:crypto";
import type { AppForm } from "../../src/core/git/app-provider.ts";

/** A page of our own: whole HTML, with the policy that lets a browser do no more than it needs. */
export interface Page {
  readonly status: number;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

const style = `:root{color-scheme:light dark;font:1.05rem/1.6 system-ui,sans-serif}
main{max-width:38rem;margin:3rem auto;padding:0 1rem}
button,.button{font:inherit;padding:.6rem 1.2rem;border:2px solid;border-radius:.4rem;cursor:pointer}
button:focus-visible,a:focus-visible{outline:3px solid;outline-offset:3px}
dt{font-weight:600}dd{margin:0 0 .6rem}code{overflow-wrap:anywhere}`;

/** Nothing is loaded, and nothing runs. Where a form is sent to, a login may come between: that may be at any https address. */
function headersFor(action: string | undefined): Readonly<Record<string, string>> {
  const hash = createHash("sha256").update(style).digest("base64");
  const target = action === undefined ? "'none'" : `${new URL(action).origin} https:`;
  const policy = ["default-src 'none'", `style-src 'sha256-${hash}'`, `form-action ${target}`, "frame-ancestors 'none'", "base-uri 'none'"];
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy.join("; "),
    "cache-control": "no-store",
    "referrer-policy": "strict-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
  };
}

function page(status: number, title: string, body: string, action?: string): Page {
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${style}</style>`;
  const html = `<!doctype html>\n<html lang="en"><head>${head}</head><body><main><h1>${escape(title)}</h1>\n${body}\n</main></body></html>\n`;
  return { status, html, headers: headersFor(action) };
}

/** What the first page tells of an App. */
export interface Offer {
  readonly form: AppForm;
  /** The host of the provider. */
  readonly host: string;
  readonly name: string;
  readonly owner: string | undefined;
  /** Such as `contents: write`. */
  readonly permissions: readonly string[];
  readonly events: readonly string[];
}

/** Returns the page with the one button that goes to the provider. */
export function offerPage({ form, host, name, owner, permissions, events }: Offer): Page {
  const fields = Object.entries(form.fields).map(
    ([field, value]) => `<input type="hidden" name="${escape(field)}" value="${escape(value)}">`,
  );
  const row = (term: string, text: string): string => `<dt>${escape(term)}</dt><dd><code>${escape(text)}</code></dd>`;
  const body = `<p>fairlead asks ${escape(host)} to create an App for your listener. You agree there, and then choose its repositories.</p>
<dl>
${row("Name", name)}
${row("Owner", owner ?? "you")}
${row("Permissions", permissions.join(", ") || "none")}
${row("Events", events.join(", ") || "none")}
</dl>
<form method="post" action="${escape(form.action)}">
${fields.join("\n")}
<button type="submit">Go on to ${escape(host)}</button>
</form>
${owner === undefined ? "" : `<p>If ${escape(host)} finds no such page, you may not create Apps for ${escape(owner)}: ask one of its owners.</p>`}`;
  return page(200, "Create the App", body, form.action);
}

/** Returns the page that says what went wrong, and what to do. */
export function problemPage(
  status: number,
  message: string,
  advice: string,
  again?: { readonly text: string; readonly href: string },
): Page {
  const link = again === undefined ? "" : `\n<p><a class="button" href="${escape(again.href)}">${escape(again.text)}</a></p>`;
  return page(status, "The App was not created", `<p role="alert">${escape(message)}</p>\n<p>${escape(advice)}</p>${link}`);
}

/** Returns the page for who comes back once more. */
export function donePage(install: string): Page {
  const body = `<p>Its key is where you wanted it. Choose the repositories next.</p>\n<p><a class="button" href="${escape(install)}">Install the App</a></p>`;
  return page(200, "The App was created", body);
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
