/** Debian's Chromium, as a person uses it. */
import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";

const program = "/usr/bin/chromium";

/** False on a machine where setup could install no Debian packages. With CI=true it is an error. */
export const chromiumIsThere = existsSync(program) || process.env.CI === "true";

/** Starts the browser. Root may start it only without its sandbox. */
export async function startChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: program, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

/** Opens a page in a browser that runs no scripts. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(url);
  return page;
}
