// A teacher's conversation on a phone, live, without JavaScript too; every page of it within WCAG and its window.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, faultsOfRoute, mustBeAccessible, mustBeFaultless, mustBeQuiet, picture, signIn, sizes } from './support/browser.mjs';
import { endDemo } from './support/demo.mjs';

const phone = { width: 390, height: 844 };

after(async () => {
  await closeBrowser();
  await endDemo();
});

// The page of the composer for the n-th family that can be texted.
async function openComposer(page, n) {
  await page.goto('/texting/enrollments?sort=sms');
  const hrefs = await page.locator('main table a[href*="/write/"]').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  const own = [...new Set(hrefs)];
  assert.ok(own.length > n, `only ${own.length} families can be texted`);
  await page.goto(own[n]);
  return own[n];
}

async function write(page, text) {
  await page.getByLabel(/^Text to/).fill(text);
  await page.getByRole('radio', { name: 'No' }).check();
}

test('a teacher writes first, sees the guard, sends, and the answer comes by itself', async () => {
  const page = await signIn('teacher', { size: phone });
  await openComposer(page, 0);
  await page.getByLabel(/^Text to/).pressSequentially('Ana got a 92 on the quiz');
  await page.locator('#marks mark').first().waitFor();
  await mustBeAccessible(page, 'the composer with marks');
  await picture(page, 'texting-marks-390');
  await write(page, 'Hi, are you able to log on today?');
  await page.getByRole('button', { name: 'Send this text' }).click();
  await page.waitForURL(/\/texting\/threads\/thr_/);
  await page.locator('#texts .theirs').first().waitFor({ timeout: 60_000 });
  await page.locator('#texts .ours .badge', { hasText: 'Delivered' }).first().waitFor({ timeout: 60_000 });
  await mustBeFaultless(page, 'a thread');
  await picture(page, 'texting-thread-390');
  mustBeQuiet(page);
});

test('without JavaScript the same conversation works', async () => {
  const page = await signIn('teacher', { size: phone, javaScript: false });
  await openComposer(page, 1);
  await write(page, '¿Puede hablar hoy?');
  await page.getByRole('button', { name: 'Send this text' }).click();
  await page.waitForURL(/\/texting\/threads\/thr_/);
  for (let looks = 0; looks < 60 && (await page.locator('#texts .theirs').count()) === 0; looks += 1) {
    await page.waitForTimeout(1000);
    await page.reload();
  }
  assert.ok((await page.locator('#texts .theirs').count()) > 0, 'no answer came');
});

for (const [name, size] of [['320', sizes.phone], ['1280', sizes.desk]]) {
  test(`every page of texting is accessible and fits at ${name}`, async () => {
    const page = await signIn('teacher', { size });
    await page.goto('/texting/enrollments');
    const student = await page.locator('main table a[href^="/texting/students/per_"]').first().getAttribute('href');
    const routes = {
      inbox: '/texting', enrollments: '/texting/enrollments', student, edit: `${student}/edit`,
      guidance: '/texting/guidance', 'texting-settings': '/texting/settings',
    };
    const wrong = [];
    for (const [route, path] of Object.entries(routes)) {
      await page.goto(path);
      wrong.push(...(await faultsOfRoute(page, route)));
      await picture(page, `texting-${route}-${name}`);
    }
    const principal = await signIn('administrator', { size });
    await principal.goto('/texting/settings');
    wrong.push(...(await faultsOfRoute(principal, 'settings of the district')));
    assert.deepEqual(wrong, []);
  });
}
