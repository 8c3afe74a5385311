// One text to many, weekly outreach, ready-made texts, office hours: by mouse, by keys, on a phone and without JavaScript.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, faultsOfRoute, mustBeAccessible, mustNotScrollSideways, picture, signIn, sizes } from './support/browser.mjs';
import { endDemo } from './support/demo.mjs';

const phone = { width: 390, height: 844 };

after(async () => {
  await closeBrowser();
  await endDemo();
});

test('students are ticked by keys, each text is looked at, and each goes alone', async () => {
  const page = await signIn('teacher', { size: sizes.desk });
  await page.goto('/texting/enrollments?sort=sms');
  const ticks = page.locator('[data-ticks] tbody input[type=checkbox]');
  assert.ok((await ticks.count()) >= 3, 'too few families can be texted');
  await ticks.nth(0).focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await page.locator('[data-count]', { hasText: '2 ticked' }).waitFor();
  await page.getByRole('button', { name: 'Text the ticked students' }).click();
  await page.getByRole('heading', { name: 'One text to many' }).waitFor();
  await page.locator('#body').fill('Hi {{student}}, are you able to log on today?');
  await page.getByRole('button', { name: 'Look at each text' }).click();
  await page.locator('#student .bubble').first().waitFor();
  const texts = await page.locator('#student .bubble').allTextContents();
  assert.ok(texts.every((text) => /^Hi [^{]+, are you able/.test(text)), texts.join('\n'));
  await mustBeAccessible(page, 'one text to many');
  await picture(page, 'texting-many-1280');
  await page.getByRole('radio', { name: 'No' }).check();
  await page.getByRole('button', { name: /^Send to/ }).click();
  await page.getByRole('heading', { name: /texts? sent/ }).waitFor();
  assert.ok((await page.locator('main a[href^="/texting/threads/thr_"]').count()) >= 1);
  await mustBeAccessible(page, 'what was sent');
});

test('without JavaScript the week is worked through on a phone', async () => {
  const page = await signIn('teacher', { size: phone, javaScript: false });
  await page.goto('/texting/outreach');
  await picture(page, 'texting-outreach-390');
  const boxes = page.locator('main input[name=student]');
  const count = await boxes.count();
  assert.ok(count >= 1, 'nobody is left to text');
  for (let at = 1; at < count; at += 1) await boxes.nth(at).uncheck();
  await page.locator('button[name=template][value=log_on]').click();
  await page.locator('#student .bubble').first().waitFor();
  await mustNotScrollSideways(page, 'one text to many');
  await picture(page, 'texting-many-390');
  await page.getByRole('radio', { name: 'No' }).check();
  await page.getByRole('button', { name: /^Send to/ }).click();
  await page.getByRole('heading', { name: '1 text sent' }).waitFor();
});

test('a thread is drawn, read and marked', async () => {
  const page = await signIn('administrator', { size: sizes.desk });
  await page.goto('/texting/supervision');
  const school = page.locator('section.card', { hasText: /[1-9]\d* threads seen/ }).first();
  await school.getByRole('button', { name: /^Draw/ }).click();
  await page.locator('main form input[name=note]').first().waitFor();
  await picture(page, 'texting-supervision-1280');
  await mustBeAccessible(page, 'the queue of supervision');
  const href = await page.locator('main .rows a[href^="/texting/threads/"]').first().getAttribute('href');
  await page.goto(href);
  await page.goto('/texting/supervision');
  await page.getByRole('button', { name: 'Done' }).first().click();
  await page.getByText(/[1-9]\d* drawn, [1-9]\d* done/).first().waitFor();
  await page.goto('/texting/supervision/looks');
  assert.ok((await page.locator('main .rows li').count()) >= 1);
});

for (const [name, size] of [['320', sizes.phone], ['1280', sizes.desk]]) {
  test(`the new pages of texting are accessible and fit at ${name}`, async () => {
    const page = await signIn('teacher', { size });
    const wrong = [];
    for (const route of ['enrollments', 'outreach', 'templates', 'hours']) {
      await page.goto(`/texting/${route}`);
      wrong.push(...(await faultsOfRoute(page, route)));
      await picture(page, `texting-${route}-${name}`);
    }
    const principal = await signIn('administrator', { size });
    for (const route of ['outreach', 'hours', 'templates', 'supervision', 'supervision/looks']) {
      await principal.goto(`/texting/${route}`);
      wrong.push(...(await faultsOfRoute(principal, `${route} of the district`)));
      await picture(principal, `texting-district-${route.replace('/', '-')}-${name}`);
    }
    assert.deepEqual(wrong, []);
  });
}
