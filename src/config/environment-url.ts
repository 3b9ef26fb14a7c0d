import type { Repository } from "../core/git/repository.ts";
import { filterNames, filters } from "../core/text/filters.ts";
import { suggest } from "../core/text/suggest.ts";
import { splitTemplate } from "../core/text/template.ts";

const names = ["repository.name", "repository.owner", "environment.name"] as const;
type Values = Readonly<Record<(typeof names)[number], string>>;

/** No page has a longer address. */
const longest = 4096;

/** Returns what is wrong with the URL of an environment, in which `${{ NAME }}` stands for a value; undefined where nothing is. */
export function urlProblem(template: string): string | undefined {
  for (const part of splitTemplate(template)) {
    if ("text" in part) continue;
    const [name = "", ...through] = partsOf(part.name);
    if (!isName(name)) return `there is no ${part.written}: ${meant(name)}`;
    const filter = through.find((each) => !filterNames.includes(each));
    if (filter !== undefined) return `there is no filter "${filter}": name one of ${filterNames.join(", ")}`;
  }
  const sample = fill(template, { "repository.name": "app", "repository.owner": "acme", "environment.name": "production" });
  const url = URL.parse(sample);
  const isPage = url !== null && /^https?:$/.test(url.protocol) && `${url.username}${url.password}` === "";
  return isPage ? undefined : "expected a URL such as https://${{ repository.name }}.stg.acme.dev";
}

/** Returns the URL of an environment for a repository; undefined where the repository's name makes none. */
export function environmentUrl(template: string, environment: string, { path }: Pick<Repository, "path">): string | undefined {
  const [name = "", ...owner] = path.split("/").reverse();
  const filled = fill(template, {
    "repository.name": name,
    "repository.owner": owner.reverse().join("/"),
    "environment.name": environment,
  });
  return filled.length <= longest && URL.canParse(filled) ? filled : undefined;
}

/** A value is one part of the URL: nothing of it is the URL's own sign. */
function fill(template: string, values: Values): string {
  return splitTemplate(template)
    .map((part) => {
      if ("text" in part) return part.text;
      const [name = "", ...through] = partsOf(part.name);
      const value = through.reduce((text, each) => filters[each]?.(text) ?? "", isName(name) ? values[name] : "");
      return value.split("/").map(encodeURIComponent).join("/");
    })
    .join("");
}

function partsOf(text: string): readonly string[] {
  return text.split("|").map((each) => each.trim());
}

function isName(text: string): text is keyof Values {
  return names.some((each) => each === text);
}

function meant(name: string): string {
  const near = suggest(name, names);
  const placeholder = (each: string): string => `\${{ ${each} }}`;
  return near === undefined ? `use ${names.map(placeholder).join(", ")}` : `did you mean ${placeholder(near)}?`;
}
