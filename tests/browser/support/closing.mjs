// The walk of a closing: template, school, review. Ends before Send.
import assert from 'node:assert/strict';

export async function composeClosing(page) {
  await page.goto('/broadcasts/new');
  await page.locator('a.start', { hasText: /clos/i }).first().click();
  for (const blank of await page.locator('#what-form fieldset').first().locator('input[type=text]').all()) {
    if (!(await blank.inputValue())) await blank.fill('a burst pipe');
  }
  await page.locator('#what-form .pledge button').click();
  await page.locator('#who-form').waitFor();
  if ((await page.locator('#who-form .chip:not(.minus)').count()) === 0) {
    const schools = page.locator('#who-form details').first();
    if (!(await schools.evaluate((element) => element.open))) await schools.locator('summary').click();
    await schools.locator('button[name=add]').first().click();
    await page.locator('#who-form .chip').first().waitFor();
  }
  await page.locator('form.pledge button[value=review]').click();
  await page.locator('#review-head').waitFor();
}

// Presses Send and waits for the page of the message; answers its address.
export async function send(page) {
  await page.locator('button[name=when][value=now]').click();
  await page.waitForURL(/\/broadcasts\/brd_[^/]+$/);
  return new URL(page.url()).pathname;
}

// The number in a text: `1,234 people` is 1234.
export function number(text) {
  const found = text.replaceAll(',', '').match(/\d+/);
  assert.ok(found, `no number in ${text}`);
  return Number(found[0]);
}

// What the page of a message says now: how many arrived or were sent, of how many.
export async function progress(page) {
  const headline = (await page.locator('#progress-head').innerText()).replaceAll(',', '');
  const [done, all] = headline.match(/\d+/g).map(Number);
  return { done, all };
}

// Waits until at most a fifth is open: some of the drill's families are busy, out or unknown, and are tried again for hours.
// `look` brings the page up to date; nothing by default, since the page moves by itself.
export async function mostArrived(page, look = async () => {}) {
  let seen;
  for (let looks = 0; looks < 90; looks += 1) {
    await look();
    seen = await progress(page);
    if (seen.all > 0 && seen.done >= seen.all * 0.8) return seen;
    await page.waitForTimeout(1000);
  }
  throw new Error(`after 90 s only ${seen.done} of ${seen.all} are there`);
}
