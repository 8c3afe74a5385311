// A school's morning: a file comes in, the office writes down what a mother said, and a family reports ahead. Every page
// within WCAG and its window.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, mustBeAccessible, mustBeFaultless, mustBeQuiet, openWindow, picture, signIn, sizes } from './support/browser.mjs';
import { demo, endDemo, familyLink } from './support/demo.mjs';

const phone = { width: 390, height: 844 };
const mother = 'lucy.rutledge71@example.org';

after(async () => {
  await closeBrowser();
  await endDemo();
});

const file = { name: 'daily.csv', mimeType: 'text/csv', buffer: Buffer.from('Student_Number,Att_Code\n700100,UA\n700121,UA\n700128,EX\n') };

test('a file by upload becomes the list, and the office writes down', async () => {
  const page = await signIn('administrator', { size: sizes.desk });
  await page.goto('/attendance/files/new');
  await mustBeAccessible(page, 'the upload');
  await page.getByLabel('Drop the file here, or choose it').setInputFiles(file);
  await page.getByRole('button', { name: 'Bring it in' }).click();
  await page.getByRole('heading', { name: 'What came of it' }).waitFor();
  await picture(page, 'attendance-upload-1280');
  await page.goto('/attendance');
  await page.locator('li.row').first().waitFor();
  await mustBeAccessible(page, 'the list');
  await picture(page, 'attendance-list-1280');
  const first = page.locator('li.row').first();
  await first.locator('summary').click();
  await first.getByLabel('Note').fill('mother called');
  await first.getByRole('button', { name: 'Write down' }).click();
  await page.getByText('Written down.').waitFor();
  mustBeQuiet(page);
});

for (const [name, size] of [['320', sizes.phone], ['1280', sizes.desk]]) {
  test(`the pages of the school day fit ${name}`, async () => {
    const page = await signIn('administrator', { size });
    for (const [path, what] of [['/attendance', 'list'], ['/attendance/trend', 'trend'], ['/attendance/schools', 'schools'], ['/holds', 'holds']]) {
      await page.goto(path);
      await mustBeFaultless(page, path);
      await picture(page, `attendance-${what}-${name}`);
    }
    await page.goto('/attendance/schools');
    await page.locator('li a.row').first().click();
    await page.getByRole('heading', { name: 'Bell calendar' }).waitFor();
    await mustBeFaultless(page, 'a school’s rule');
    await picture(page, `attendance-school-${name}`);
    assert.ok(await page.getByLabel('Times').inputValue());
    mustBeQuiet(page);
  });
}

test('a family reports ahead, on a phone', async () => {
  const { folder } = await demo();
  const page = await openWindow({ size: phone });
  await page.goto(familyLink(folder, mother));
  await page.locator('main form button').first().click();
  await page.waitForURL((url) => url.pathname === '/family');
  await page.getByRole('link', { name: 'Report an absence' }).click();
  await page.getByRole('radio', { name: 'Ill', exact: true }).check();
  await mustBeFaultless(page, 'the report');
  await picture(page, 'family-absence-390');
  await page.getByRole('button', { name: 'Tell the school' }).click();
  await page.getByText('The school’s office has it.').waitFor();
  mustBeQuiet(page);
});
