// A survey from the builder to its pictures: written by a principal, asked, answered by a mother on her phone, with and
// without scripts. Every page within WCAG and its window.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, mustBeFaultless, mustBeQuiet, openWindow, picture, signIn, sizes } from './support/browser.mjs';
import { send } from './support/closing.mjs';
import { demo, endDemo, familyLink } from './support/demo.mjs';

const phone = { width: 390, height: 844 };
const mother = 'lucy.rutledge71@example.org';

after(async () => {
  await closeBrowser();
  await endDemo();
});

async function enter(options) {
  const { folder } = await demo();
  const page = await openWindow(options);
  await page.goto(familyLink(folder, mother));
  await page.locator('main form button.main').click();
  await page.waitForURL((url) => url.pathname === '/family');
  return page;
}

const add = async (page, kind) => {
  await page.getByRole('button', { name: kind, exact: true }).click();
  await page.locator('#last').waitFor();
};

// The survey of this file, asked; its own page.
let asked;
async function survey() {
  if (asked) return asked;
  const page = await signIn('administrator');
  await page.goto('/broadcasts');
  await page.getByRole('link', { name: 'Surveys' }).click();
  await page.getByRole('link', { name: 'New survey' }).click();
  await page.getByLabel('Title').fill('Conferences');
  await page.getByRole('button', { name: 'Spanish' }).click();
  await page.getByLabel('Title in Spanish').fill('Reuniones');
  await add(page, 'Yes or no');
  await page.getByLabel('Question in English').fill('Will you come to the conferences?');
  await page.getByLabel('Question in Spanish').fill('¿Vendrá a las reuniones?');
  await add(page, 'One choice');
  const second = page.locator('#last');
  await second.getByLabel('Question in English').fill('Which day suits you?');
  await second.getByLabel('Question in Spanish').fill('¿Qué día le conviene?');
  await second.getByLabel('Choices in English').fill('Monday\nFriday');
  await second.getByLabel('Choices in Spanish').fill('lunes\nviernes');
  await second.locator('summary').click();
  await second.getByLabel('Question 1: Yes').check();
  await add(page, 'Free text');
  // Asked too soon, it says what it lacks, and everything written stands.
  await page.getByRole('button', { name: 'Save, and write the message' }).click();
  await page.locator('#problems').waitFor();
  assert.match(await page.locator('#problems').innerText(), /Question 3: write it in English/);
  assert.match(await page.locator('#problems').innerText(), /Choose until when/);
  await mustBeFaultless(page, 'the builder with what it lacks');
  await picture(page, 'survey-builder-1280');
  // The refusal itself is what the browser's log tells of.
  page.troubles.length = 0;
  await page.getByRole('button', { name: /Take out.*question 3/ }).click();
  const soon = new Date(Date.now() + 6 * 24 * 3600 * 1000).toISOString().slice(0, 16);
  await page.locator('#deadline').fill(soon);
  await page.getByRole('button', { name: 'Save, and write the message' }).click();
  await page.waitForURL(/\/broadcasts\/.*step=who/);
  await page.locator('form.pledge button[value=review]').click();
  await page.locator('#review-head').waitFor();
  await send(page);
  await page.goto('/surveys');
  await mustBeFaultless(page, 'the list of surveys');
  asked = await page.getByRole('link', { name: 'Conferences' }).getAttribute('href');
  mustBeQuiet(page);
  return asked;
}

// Until the message has been written for this family.
async function home(page) {
  for (let looks = 0; looks < 60; looks += 1) {
    if (await page.getByText('Conferences').count()) return;
    await page.waitForTimeout(500);
    await page.goto('/family');
  }
  throw new Error('the family was not asked within 30 s');
}

test('A45 a survey is built, asked, answered in the portal and read as pictures', async () => {
  const results = await survey();
  const page = await enter({ size: phone });
  await home(page);
  await page.getByRole('link', { name: 'Answer', exact: true }).click();
  await page.getByRole('heading', { name: 'Conferences' }).waitFor();
  // What hangs on an answer comes with it, and goes. Her phone may have texted an answer meanwhile.
  await page.getByRole('radio', { name: 'No', exact: true }).check();
  assert.equal(await page.getByText('Which day suits you?').isVisible(), false);
  await mustBeFaultless(page, 'the survey on a phone');
  await page.getByRole('radio', { name: 'Yes' }).check();
  await page.getByText('Which day suits you?').waitFor();
  await page.getByRole('button', { name: 'Send the answers' }).click();
  await page.getByRole('alert').waitFor();
  await mustBeFaultless(page, 'a survey without an answer');
  page.troubles.length = 0;
  await page.getByRole('radio', { name: 'Friday' }).check();
  await picture(page, 'survey-answer-390');
  await page.getByRole('button', { name: 'Send the answers' }).click();
  await page.getByText('Your answers are noted').waitFor();
  mustBeQuiet(page);

  const staff = await signIn('administrator');
  await staff.goto(results);
  await staff.getByRole('heading', { name: '2. Which day suits you?' }).waitFor();
  assert.match(await staff.locator('main').innerText(), /Friday/);
  assert.match(await staff.locator('svg.chart').first().getAttribute('aria-label'), /longest is Yes with/);
  for (const end of ['csv', 'xlsx']) {
    const file = await staff.request.get(`${results}/answers.${end}`);
    assert.equal(file.status(), 200);
    const bytes = await file.body();
    if (end === 'csv') assert.match(bytes.toString(), /Rutledge.*,Portal,.*,Yes,Friday/);
    else assert.equal(bytes.subarray(0, 2).toString(), 'PK');
  }
  mustBeQuiet(staff);
});

test('without JavaScript the branch says when it counts, and the answer can be changed', async () => {
  const results = await survey();
  const page = await enter({ size: sizes.phone, javaScript: false });
  await home(page);
  await page.goto(results.replace('/surveys/', '/family/surveys/'));
  assert.ok(await page.getByText('Only if you answered “Yes”').isVisible());
  await page.getByRole('radio', { name: 'No', exact: true }).check();
  await page.getByRole('button', { name: /answers$/ }).click();
  await page.getByText('Your answers are noted').waitFor();
});

for (const [name, size] of [['320', sizes.phone], ['1280', sizes.desk]]) {
  test(`the pages of surveys are accessible and fit at ${name}`, async () => {
    const results = await survey();
    const page = await signIn('administrator', { size });
    for (const [path, what] of [['/surveys', 'list'], ['/surveys/new', 'new'], [results, 'results'], [`${results}?down=1&across=2`, 'cross']]) {
      await page.goto(path);
      await mustBeFaultless(page, path);
      await picture(page, `survey-${what}-${name}`);
    }
    mustBeQuiet(page);
  });
}
