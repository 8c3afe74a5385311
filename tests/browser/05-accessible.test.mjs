// Every route and state on a desk of 1280 px, and that the check finds what is wrong.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, faults, faultsInTheDark, mustNotScrollSideways, signIn } from './support/browser.mjs';
import { endDemo } from './support/demo.mjs';
import { walkEveryRoute } from './support/routes.mjs';

after(async () => {
  await closeBrowser();
  await endDemo();
});

test('the check finds a planted fault', async () => {
  const page = await signIn('principal');
  assert.deepEqual(await faults(page), []);
  await page.evaluate(() => document.querySelector('main').insertAdjacentHTML('beforeend', '<form><input type="text"></form><img src="data:,">'));
  const found = await faults(page);
  assert.ok(found.some((fault) => fault.startsWith('label:')), found.join('\n'));
  assert.ok(found.some((fault) => fault.startsWith('image-alt:')), found.join('\n'));
  assert.deepEqual(await faultsInTheDark(page), []);
  await page.evaluate(() => {
    document.querySelector('main').insertAdjacentHTML('beforeend', '<p id="dim">hard to read in the dark</p>');
    document.styleSheets[0].insertRule('@media (prefers-color-scheme: dark) { #dim { color: #222; background: #111 } }', 0);
  });
  assert.ok((await faultsInTheDark(page)).some((fault) => fault.startsWith('dark color-contrast:') && fault.includes('id="dim"')));
  await page.evaluate(() => {
    document.querySelector('main').insertAdjacentHTML('beforeend', '<div id="wide">wide</div>');
    document.querySelector('#wide').style.width = '4000px';
  });
  await assert.rejects(mustNotScrollSideways(page, 'the planted page'));
});

walkEveryRoute('desk');
