// Pictures that come with a text, what families ask of the record, and the pages of texting that no other walk opens, on a phone.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, faultsOfRoute, mustBeFaultless, mustBeQuiet, picture, signIn, sizes } from './support/browser.mjs';
import { endDemo } from './support/demo.mjs';

const phone = { width: 390, height: 844 };

after(async () => {
  await closeBrowser();
  await endDemo();
});

// The composer's page for the family with this phone.
async function composerOf(page, number) {
  await page.goto('/texting/enrollments?sort=sms');
  const links = await page.locator('main table a[href*="/write/"]').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  for (const href of new Set(links)) {
    await page.goto(href.replace(/\/write\/.*/, ''));
    if ((await page.locator('main').innerText()).includes(number)) return href;
  }
  throw new Error(`nobody has ${number}`);
}

async function send(page, text) {
  await page.getByLabel(/^Text to/).fill(text);
  await page.getByRole('radio', { name: 'No' }).check();
  await page.getByRole('button', { name: 'Send this text' }).click();
  await page.waitForURL(/\/texting\/threads\/thr_/);
}

test('a picture that comes with a text is held until somebody looks, shown then, and withheld for a supervisor', async () => {
  const page = await signIn('teacher', { size: phone });
  await page.goto(await composerOf(page, '555-0143'));
  await mustBeFaultless(page, 'an empty composer');
  await send(page, 'Hi, can you send the signed form?');
  const theirs = page.locator('#texts .theirs');
  await theirs.filter({ hasText: 'Here is the form.' }).waitFor({ timeout: 60_000 });
  const show = page.getByRole('button', { name: 'Show picture' });
  await show.waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('#texts img').count(), 0, 'nobody sees it before a look');
  await page.getByText('Nobody has looked at it yet.').waitFor();
  await mustBeFaultless(page, 'a thread with a picture that waits');
  await picture(page, 'texting-picture-held-390');
  const form = await page.locator('#texts form[action*="/media/"]').first().getAttribute('action');
  assert.equal((await page.request.get(form)).status(), 404, 'nor by its address');

  await show.click();
  const image = page.locator('#texts img.came');
  await image.waitFor();
  await image.scrollIntoViewIfNeeded();
  await page.waitForFunction(() => {
    const came = document.querySelector('#texts img.came');
    return came.complete && came.naturalWidth > 0;
  });
  const box = await image.boundingBox();
  assert.ok(box.width > 100 && box.x + box.width <= phone.width, `the picture is ${box.width} wide`);
  const served = await page.request.get(form);
  const headers = served.headers();
  assert.equal(headers['content-type'], 'image/png');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.match(headers['content-security-policy'], /^default-src 'none'/);
  assert.match(headers['content-disposition'], /^inline; filename="picture-0\.png"$/);
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
  assert.equal(headers['cache-control'], 'no-store');
  await mustBeFaultless(page, 'a thread with a picture');
  await picture(page, 'texting-picture-shown-390');

  await page.getByRole('button', { name: /^Withhold it/ }).click();
  await page.getByText('Words here need a human now.').waitFor();
  assert.equal(await page.locator('#texts img').count(), 0);
  await mustBeFaultless(page, 'a thread that needs a human');
  await picture(page, 'texting-picture-withheld-390');
  mustBeQuiet(page);
});

test('a family that says STOP closes the composer with the reason', async () => {
  const page = await signIn('teacher', { size: phone });
  await page.goto(await composerOf(page, '555-0198'));
  await send(page, 'See you at the study session at 1:00.');
  await page.locator('#texts .theirs', { hasText: 'STOP' }).first().waitFor({ timeout: 60_000 });
  await page.reload();
  await page.getByText('This family cannot be texted now.').waitFor();
  assert.equal(await page.locator('#composer').count(), 0);
  await mustBeFaultless(page, 'a closed composer');
  await picture(page, 'texting-closed-390');
});

test('what a family asks of the record is due, refused with its right to a hearing, and keeps its statement, without JavaScript', async () => {
  const teacher = await signIn('teacher', { size: phone, javaScript: false });
  await teacher.goto('/texting/enrollments');
  const student = await teacher.locator('main table a[href^="/texting/students/per_"]').first().getAttribute('href');
  await teacher.goto(student);
  await teacher.getByLabel('Type', { exact: true }).selectOption('amendment_request');
  await teacher.getByLabel('Outcome').selectOption('other');
  await teacher.getByLabel('How you knew with whom you spoke').selectOption('photo_id');
  await teacher.getByLabel('Note', { exact: true }).fill('The meeting was on Tuesday, not on Monday.');
  await teacher.getByRole('button', { name: 'Add to the log' }).click();
  await teacher.getByRole('heading', { name: 'FERPA requests' }).waitFor();
  await picture(teacher, 'texting-student-request-390');

  const page = await signIn('administrator', { size: phone, javaScript: false });
  await page.goto('/texting');
  await page.getByRole('link', { name: /FERPA request/ }).click();
  await page.getByText(/^due .*, in 45 days$/).waitFor();
  await picture(page, 'texting-requests-390');
  await page.getByRole('link', { name: 'Asked to amend the record' }).click();
  const refusal = page.locator('section', { has: page.getByRole('heading', { name: 'Refuse to amend' }) });
  await refusal.getByLabel('Reason').fill('The minutes of the meeting say Monday.');
  await refusal.getByRole('button', { name: 'Refuse' }).click();
  await page.getByText('Tell the family in writing first').first().waitFor();
  await picture(page, 'texting-request-wrong-390');
  await refusal.getByRole('checkbox').check();
  await refusal.getByRole('button', { name: 'Refuse' }).click();
  const statement = page.locator('section', { has: page.getByRole('heading', { name: 'Place the family' }) });
  await statement.getByRole('textbox').fill('We were there on Tuesday.');
  await statement.getByRole('button', { name: 'Place it' }).click();
  await page.locator('ol .bubble', { hasText: 'We were there on Tuesday.' }).waitFor();
  await picture(page, 'texting-request-390');
  const record = await (await page.request.get(`${student}/record.csv`)).text();
  assert.match(record, /Statement of the family"?,.*We were there on Tuesday\./);
  await teacher.goto(student);
  await teacher.getByText('We were there on Tuesday.').first().waitFor();
});

for (const [name, size] of [['320', sizes.phone], ['1280', sizes.desk]]) {
  test(`requests of families are accessible and fit at ${name}`, async () => {
    const page = await signIn('administrator', { size });
    const wrong = [];
    await page.goto('/texting/requests');
    wrong.push(...(await faultsOfRoute(page, 'requests')));
    await picture(page, `texting-requests-${name}`);
    const request = await page.locator('main a[href^="/texting/requests/"]').first().getAttribute('href');
    await page.goto(request);
    wrong.push(...(await faultsOfRoute(page, 'a request')));
    await page.getByRole('button', { name: 'Note it' }).first().waitFor();
    await page.getByRole('button', { name: 'Place it' }).click();
    await page.locator('#problems').waitFor();
    wrong.push(...(await faultsOfRoute(page, 'a request without words')));
    await picture(page, `texting-request-${name}`);
    const student = await page.locator('main a[href^="/texting/students/per_"]').first().getAttribute('href');
    await page.goto(student);
    wrong.push(...(await faultsOfRoute(page, 'a student with a request')));
    await picture(page, `texting-student-request-${name}`);
    await page.goto('/texting/settings');
    wrong.push(...(await faultsOfRoute(page, 'settings with days')));
    assert.deepEqual(wrong, []);
  });
}
