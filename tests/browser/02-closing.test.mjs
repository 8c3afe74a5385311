// A principal closes the school: from the first page to a finished report.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, mustBeQuiet, picture, signIn, sizes } from './support/browser.mjs';
import { composeClosing, mostArrived, number, send } from './support/closing.mjs';
import { endDemo } from './support/demo.mjs';

after(async () => {
  await closeBrowser();
  await endDemo();
});

test('a principal sends a closing, watches it to its end, and reads why somebody was left out', async () => {
  const page = await signIn('principal');
  await picture(page, 'home-1280');
  const began = Date.now();
  await composeClosing(page);
  await picture(page, 'review-1280');
  const promised = number(await page.locator('dl.figures dd').first().innerText());
  assert.ok(promised > 100, `${promised} families in the preview`);
  const path = await send(page);
  await picture(page, 'progress-1280');
  // A machine needs a second for each page; a person at 5:20 has a minute.
  assert.ok(Date.now() - began < 60_000, 'from the first page to a sent closing in a minute');

  // The page moves by itself: nothing is reloaded here.
  const { done, all } = await mostArrived(page);
  assert.ok(all > promised && done <= all, `${done} of ${all}`);
  const report = await page.locator('#progress').innerText();
  assert.match(report, /What went wrong/);
  assert.match(report, /Left out, and why/);
  await picture(page, 'report-1280');
  mustBeQuiet(page);

  await page.goto(`${path}/people`);
  await page.locator('main a[href*="/people/per_"]').first().click();
  assert.ok((await page.locator('main').innerText()).length > 200, 'the rules answer in words');
  await picture(page, 'explain-1280');

  const csv = await page.request.get(`${path}/export.csv`);
  assert.equal(csv.status(), 200);
  assert.ok((await csv.text()).trim().split('\n').length > promised, 'the export has a line for each delivery');
  await page.goto(`${path}/call-sheet`);
  await picture(page, 'call-sheet-1280');
  mustBeQuiet(page);
});

test('a draft is kept, and a stopped message leaves nothing behind that still goes out', async () => {
  const page = await signIn('administrator');
  await composeClosing(page);
  const draft = page.url();
  await page.goto('/broadcasts');
  assert.ok(await page.locator(`a[href^="${new URL(draft).pathname.replace('/edit', '')}"]`).count(), 'the draft is in the list');
  await page.goto(draft);
  await page.locator('button[name=when][value=now]').waitFor();
  const path = await send(page);
  const stop = page.locator('form.stop button');
  if (await stop.count()) {
    await stop.click();
    await page.goto(path);
  }
  await page.locator('form.stop').waitFor({ state: 'detached', timeout: 60_000 });
  assert.match(await page.locator('main').innerText(), /stopped|finished/i);
});

test('on a phone of 320 px a principal comes as far as the button that sends', async () => {
  const page = await signIn('principal', { size: sizes.phone });
  await picture(page, 'home-320');
  await composeClosing(page);
  await picture(page, 'review-320');
  assert.match(await page.locator('button[name=when][value=now]').innerText(), /\d/, 'the button says what it does');
  await send(page);
  await picture(page, 'progress-320');
});
