// A principal records what the call says, hears it, keeps it, and hears afterwards what was played.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, mustBeAccessible, mustBeQuiet, mustNotScrollSideways, picture, signIn, sizes } from './support/browser.mjs';
import { mostArrived, send } from './support/closing.mjs';
import { endDemo } from './support/demo.mjs';

after(async () => {
  await closeBrowser();
  await endDemo();
});

// Begins a message without a word; ends on the page where its call is recorded.
async function beginRecording(page) {
  await page.goto('/broadcasts/new?template=blank');
  await page.locator('input[name=title]').fill('Book fair on Friday');
  await page.locator('input[name=category][value=general]').check({ force: true });
  await page.locator('button[name=go][value=call]').click();
  await page.waitForURL(/\/call$/);
}

// Whether a player really holds sound: its length in seconds, once the browser has read it.
async function secondsOf(player) {
  return await player.evaluate((audio) => new Promise((resolve, reject) => {
    audio.addEventListener('durationchange', () => resolve(audio.duration), { once: true });
    audio.addEventListener('error', () => reject(new Error(audio.error?.message ?? 'no sound')), { once: true });
    if (Number.isFinite(audio.duration)) resolve(audio.duration);
    audio.preload = 'auto';
    audio.load();
  }));
}

test('a principal records in the browser, hears it, keeps it, sends it, and hears what was played', async () => {
  const page = await signIn('principal');
  await page.context().grantPermissions(['microphone']);
  await beginRecording(page);
  await mustBeAccessible(page, 'the recorder');
  await picture(page, 'record-1280');
  await page.locator('[data-record]').click();
  await page.locator('[data-stop]').waitFor();
  await page.waitForTimeout(3000);
  await page.locator('[data-stop]').click();
  await page.locator('[data-hear]').waitFor();
  assert.ok((await secondsOf(page.locator('[data-hear]'))) > 2, 'what was recorded can be heard before it is kept');
  await picture(page, 'recorded-1280');
  await page.locator('button', { hasText: 'Keep this recording' }).click();
  await page.locator('.badge.ok', { hasText: /Recorded, \d+ seconds/ }).waitFor();
  assert.ok((await secondsOf(page.locator('audio[src^="/broadcasts"]'))) > 2);
  await mustBeAccessible(page, 'the kept recording');
  await picture(page, 'kept-1280');
  mustBeQuiet(page);

  await page.locator('a.button', { hasText: 'Back to the message' }).click();
  await page.locator('.badge.ok', { hasText: 'A recording is played' }).waitFor();
  await page.locator('#what-form .pledge button').click();
  // Whom it goes to stands already: the families of the school.
  await page.waitForURL(/step=review/);
  const path = await send(page);
  await mostArrived(page);
  await page.goto(path);
  await page.locator('audio').first().waitFor({ state: 'attached' });
  assert.ok((await secondsOf(page.locator('audio').first())) > 5, 'who is calling, the recording, and the number to call back');
  await mustBeAccessible(page, 'the message with its sound');
  await picture(page, 'played-1280');
  mustBeQuiet(page);
});

test('on a phone of 320 px, in the dark, and without JavaScript the file field stands alone', async () => {
  const phone = await signIn('principal', { size: sizes.phone });
  await beginRecording(phone);
  await mustNotScrollSideways(phone, 'the recorder');
  await picture(phone, 'record-320');
  const dark = await signIn('principal', { size: { width: 390, height: 844 }, dark: true });
  await beginRecording(dark);
  await mustBeAccessible(dark, 'the recorder in the dark');
  await picture(dark, 'record-390-dark');
  const plain = await signIn('principal', { javaScript: false });
  await beginRecording(plain);
  assert.ok(await plain.locator('[data-recorder]').isHidden());
  assert.ok(await plain.locator('input[type=file]').first().isVisible());
});
