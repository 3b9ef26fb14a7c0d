import { FairleadError } from "../core/errors.ts";
import type { Reporter } from "../core/reporter.ts";
import { markdownText } from "../core/text/markdown.ts";
import { pageText } from "./page.ts";
import { contextOf, headlineOf } from "./words.ts";

/** Shows a run on the page of the job that it runs in. What others have written there stays. */
export const summary: Reporter = {
  name: "summary",
  needs: [],
  async report({ page }, subject, view) {
    if (page === undefined) {
      throw new FairleadError("unsupported", "write job summary: this job has none", { hint: "leave summary out of the reports" });
    }
    const begin = `<!-- fairlead run=${encodeURIComponent(subject.run)} -->`;
    const end = `<!-- fairlead end=${encodeURIComponent(subject.run)} -->`;
    const before = await page.read();
    const [first, last] = [before.indexOf(begin), before.indexOf(end)];
    const isThere = first >= 0 && last > first;
    const around = isThere ? [before.slice(0, first), before.slice(last + end.length)] : [separated(before), "\n"];
    const room = page.longest - bytes(around.join("")) - 1_000;
    const words = `### ${markdownText(`${contextOf(view, subject.environment)}: ${headlineOf(view)}`)}\n\n`;
    const text = `${begin}\n${words}${pageText(subject, view, Math.floor(room / 3) - words.length)}\n${end}`;
    const whole = `${around[0]}${text}${around[1]}`;
    if (whole !== before && room > 3_000) await page.write(whole);
  },
};

function separated(before: string): string {
  return before === "" || before.endsWith("\n\n") ? before : `${before.trimEnd()}\n\n`;
}

const bytes = (text: string): number => new TextEncoder().encode(text).length;
