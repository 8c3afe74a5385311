// The registrar's desk: the same file changes nothing, a cut-off file is held, a file that is no roster says why.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { closeBrowser, mustBeAccessible, mustBeQuiet, picture, signIn } from './support/browser.mjs';
import { demo, endDemo } from './support/demo.mjs';

after(async () => {
  await closeBrowser();
  await endDemo();
});

async function upload(page, file) {
  await page.goto('/roster/imports/new');
  await page.locator('#file').setInputFiles(file);
  const answered = page.waitForResponse((response) => response.request().method() === 'POST', { timeout: 60_000 });
  await page.locator('form[enctype] .actions button').click();
  await answered;
  // Where it leads is an import that runs or has ended, or the form again with what is wrong.
  await page.locator('#import, #problems').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('#import progress'), null, { timeout: 60_000 });
  return await page.locator('main').innerText();
}

test('the file that made the district changes nothing when it comes again', async () => {
  const { folder } = await demo();
  const page = await signIn('administrator');
  assert.match(await upload(page, path.join(folder, 'willow-creek.zip')), /unchanged|nothing (changed|differs)|as before/i);
  await mustBeAccessible(page, 'an import without changes');
  await picture(page, 'import-unchanged-1280');
  mustBeQuiet(page);
});

test('a file that lost most of its students is held and asks why', async () => {
  const { folder } = await demo();
  const cut = mkdtempSync(path.join(tmpdir(), 'schoolbell-cut-'));
  execFileSync('python3', ['-c', `
import zipfile, sys
source, target = sys.argv[1:]
with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, 'w', zipfile.ZIP_DEFLATED) as new:
    for name in old.namelist():
        lines = old.read(name).decode().splitlines(keepends=True)
        if name == 'users.csv':
            lines = lines[:1] + [line for at, line in enumerate(lines[1:]) if not (line.startswith('s') and at % 3)]
        if name == 'enrollments.csv':
            lines = lines[:1]
        new.writestr(name, ''.join(lines))
`, path.join(folder, 'willow-creek.zip'), path.join(cut, 'cut.zip')]);
  const page = await signIn('administrator');
  assert.match(await upload(page, path.join(cut, 'cut.zip')), /Is this right\?/);
  await mustBeAccessible(page, 'a held import');
  await picture(page, 'import-held-1280');
  await page.locator('button[value=discard]').click();
  await page.waitForLoadState();
  assert.match(await page.locator('main').innerText(), /discarded/i);
});

test('a file that is no roster is refused with a sentence', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'schoolbell-no-'));
  const file = path.join(folder, 'letter.zip');
  writeFileSync(file, readFileSync(import.meta.filename));
  const page = await signIn('administrator');
  assert.match(await upload(page, file), /not taken|zip/i);
  await mustBeAccessible(page, 'a refused import');
});
