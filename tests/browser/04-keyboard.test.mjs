// No mouse: every step to Send by keyboard alone.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, openWindow } from './support/browser.mjs';
import { demo, endDemo, signInLink } from './support/demo.mjs';

after(async () => {
  await closeBrowser();
  await endDemo();
});

// Presses Tab until what has the focus fits; answers how often. What has the focus must be seen to have it.
async function tabTo(page, fits, name) {
  for (let pressed = 1; pressed <= 120; pressed += 1) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate((source) => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const style = getComputedStyle(element);
      const face = element.parentElement?.querySelector('.face');
      const faceStyle = face ? getComputedStyle(face) : style;
      const seen = [style, faceStyle].some((it) => it.outlineStyle !== 'none' || it.boxShadow !== 'none');
      return { fits: new Function('element', `return ${source}`)(element), seen, html: element.outerHTML.slice(0, 100) };
    }, fits).catch((error) => { throw new Error(`${name}: ${error}`); });
    if (!found) continue;
    assert.ok(found.seen, `the focus is not seen on ${found.html}`);
    if (found.fits) return pressed;
  }
  throw new Error(`Tab does not reach ${name}`);
}

test('a closing is sent by keyboard alone', async () => {
  const { folder } = await demo();
  const page = await openWindow();
  await page.goto(signInLink(folder, 'principal'));
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname === '/');

  // The first stop skips the menu.
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), '#main');

  await tabTo(page, "element.matches('a[href=\"/broadcasts/new\"]')", 'New message');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/broadcasts\/new/);
  await tabTo(page, "element.matches('a.start') && /clos/i.test(element.textContent)", 'the template');
  await page.keyboard.press('Enter');
  await page.waitForURL(/template=/);
  while (await page.evaluate(() => [...document.querySelectorAll('#what-form fieldset:first-of-type input[type=text]')].some((it) => !it.value))) {
    await tabTo(page, "element.matches('#what-form fieldset:first-of-type input[type=text]') && !element.value", 'a blank');
    await page.keyboard.type('a burst pipe');
  }
  await tabTo(page, "element.matches('#what-form .pledge button')", 'Continue');
  await page.keyboard.press('Enter');
  await page.locator('#who-form').waitFor();
  if ((await page.locator('#who-form .chip:not(.minus)').count()) === 0) {
    if (!(await page.locator('#who-form details').first().evaluate((element) => element.open))) {
      await tabTo(page, "element.matches('#who-form summary')", 'Schools');
      await page.keyboard.press('Enter');
    }
    await tabTo(page, "element.matches('button[name=add]')", 'a school');
    await page.keyboard.press('Enter');
    await page.locator('#who-form .chip').first().waitFor();
  }
  await tabTo(page, "element.matches('form.pledge button[value=review]')", 'Continue to review');
  await page.keyboard.press('Enter');
  await page.locator('#review-head').waitFor();
  await tabTo(page, "element.matches('button[name=when][value=now]')", 'Send');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/broadcasts\/brd_[^/]+$/);
});
