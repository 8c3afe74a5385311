// Chromium, and what every walk does: sign in, look for faults, take a picture.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { demo, signInLink } from './demo.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = path.resolve(import.meta.dirname, '../../../var/screenshots');
const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

export const sizes = { phone: { width: 320, height: 640 }, desk: { width: 1280, height: 800 } };

let browser;
export async function openBrowser() {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? found,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run',
      // A microphone that hums, and nobody who must be asked for it.
      '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
  });
  return browser;
}

export async function closeBrowser() {
  if (browser) await browser.close();
  browser = undefined;
}

// A window of its own: no cookie is shared. Fails the test when the page logs an error or asks another host.
export async function openWindow({ size = sizes.desk, dark = false, javaScript = true, workers = 'allow' } = {}) {
  const { url } = await demo();
  const context = await (await openBrowser()).newContext({
    baseURL: url,
    viewport: size,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    javaScriptEnabled: javaScript,
    serviceWorkers: workers,
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  page.troubles = [];
  page.on('pageerror', (error) => page.troubles.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && page.troubles.push(message.text()));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) page.troubles.push(`asked ${request.url()}`);
  });
  return page;
}

// Opens a window and signs in with a fresh link, pressing what the page offers.
export async function signIn(who, options = {}) {
  const { folder } = await demo();
  const page = await openWindow(options);
  await page.goto(signInLink(folder, who));
  await page.locator('main form button').first().click();
  await page.waitForURL((url) => url.pathname === '/');
  return page;
}

// Runs axe over the page as it is now, or some of its rules. Answers what is serious or critical, as sentences.
export async function faults(page, rules) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource);
  const result = await page.evaluate(
    async (rules) => await globalThis.axe.run(document, { resultTypes: ['violations'], ...(rules && { runOnly: rules }) }),
    rules,
  );
  return result.violations
    .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
    .flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${violation.help}: ${node.target.join(' ')} ${node.html}`));
}

export async function mustBeAccessible(page, name) {
  assert.deepEqual(await faults(page), [], `${name} at ${page.url()}`);
}

// What only colours can break, on the same page in the dark. Nothing but colours differs there.
export async function faultsInTheDark(page) {
  await page.emulateMedia({ colorScheme: 'dark' });
  const found = await faults(page, ['color-contrast']);
  await page.emulateMedia({ colorScheme: 'light' });
  return found.map((fault) => `dark ${fault}`);
}

// All routes are looked at before the test fails: one run tells everything.
export async function faultsOfRoute(page, name) {
  const all = [...(await faults(page)), ...(await faultsInTheDark(page))];
  const sentences = all.map((fault) => `${name}: ${fault}`);
  const wide = await widerThanTheWindow(page);
  return wide.length ? [...sentences, `${name} is wider than its window: ${wide.slice(0, 3).join(' ')}`] : sentences;
}

// Within WCAG in light and dark, and within its window.
export async function mustBeFaultless(page, name) {
  assert.deepEqual(await faultsOfRoute(page, name), []);
}

// Nothing may reach past the window's right edge, except inside what scrolls by itself and takes the focus for it.
export async function mustNotScrollSideways(page, name) {
  assert.deepEqual((await widerThanTheWindow(page)).slice(0, 3), [], `${name} is wider than its window`);
}

async function widerThanTheWindow(page) {
  return await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (element) => {
      for (let it = element.parentElement; it && it !== document.body; it = it.parentElement) {
        if (['auto', 'scroll'].includes(getComputedStyle(it).overflowX)) return true;
      }
      return false;
    };
    return [...document.querySelectorAll('body *')]
      .filter((element) => element.getClientRects().length && element.getBoundingClientRect().right > width + 1 && !scrolls(element))
      .map((element) => element.outerHTML.slice(0, 120));
  });
}

// In light and dark, for eyes: scripts/test, which has none, sets SCHOOLBELL_PICTURES=no.
export async function picture(page, name) {
  if (process.env.SCHOOLBELL_PICTURES === 'no') return;
  mkdirSync(pictures, { recursive: true });
  // What sticks to the window would stand in the middle of a picture of the whole page.
  await page.evaluate(() => globalThis.scrollTo(0, 0));
  await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: path.join(pictures, `${name}-dark.png`), fullPage: true });
  await page.emulateMedia({ colorScheme: 'light' });
}

export function mustBeQuiet(page) {
  assert.deepEqual(page.troubles, [], 'the page logged an error or asked another host');
}
