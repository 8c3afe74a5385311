// The families' side: in by the door, past notifications, accessible and fitting at 320 px in light and dark.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, faultsOfRoute, mustBeAccessible, mustBeFaultless, mustBeQuiet, mustNotScrollSideways, openWindow, picture, signIn, sizes } from './support/browser.mjs';
import { composeClosing, mostArrived, send } from './support/closing.mjs';
import { demo, endDemo, familyLink } from './support/demo.mjs';

after(async () => {
  await closeBrowser();
  await endDemo();
});

const mother = 'lucy.rutledge71@example.org';

async function enter(options) {
  const { folder } = await demo();
  const page = await openWindow(options);
  await page.goto(familyLink(folder, mother));
  await page.locator('main form button.main').click();
  await page.waitForURL((url) => url.pathname === '/family');
  return page;
}

// A closing that stands in the family's list.
let sent;
async function closing() {
  if (sent) return sent;
  const principal = await signIn('principal');
  await composeClosing(principal);
  await send(principal);
  await mostArrived(principal);
  const page = await enter();
  await page.goto('/family/messages');
  sent = await page.locator('main a.row').first().getAttribute('href');
  return sent;
}

test('A31 the door says the same to everybody, and a code that is wrong is said in words', async () => {
  const say = async (email) => {
    const page = await openWindow({ size: sizes.phone });
    await page.goto('/family/sign-in');
    await page.getByLabel(/e-mail/i).fill(email);
    await page.locator('main form button.main').click();
    await page.waitForURL((url) => url.pathname === '/family/code');
    const told = await page.locator('main').innerText();
    await page.getByLabel(/code/i).fill('000000');
    await page.locator('main form button.main').click();
    await page.getByRole('alert').waitFor();
    await mustBeFaultless(page, 'a wrong code');
    return told;
  };
  assert.equal(await say(mother), await say('nobody@example.org'));
});

test('A38 a family reads a closing, how it went out, and why', async () => {
  const message = await closing();
  const page = await enter({ size: sizes.phone });
  await page.goto(message);
  const text = await page.locator('main').innerText();
  assert.match(text, /closed/i);
  assert.match(text, /Call to|E-mail to/);
  const why = page.locator('details.why').first();
  await why.locator('summary').click();
  assert.ok((await why.locator('li').count()) > 0);
  mustBeQuiet(page);
});

for (const size of ['desk', 'phone']) {
  const look = sizes[size].width;
  test(`every family page is accessible and fits at ${look}`, async () => {
    const message = await closing();
    const page = await enter({ size: sizes[size] });
    const routes = {
      'family-home': '/family',
      'family-messages': '/family/messages',
      'family-search': '/family/messages?search=zzzz',
      'family-message': message,
      'family-ways': '/family/ways',
      'family-contacts': '/family/contacts',
      'family-help': '/family/help',
      'family-not-found': '/family/messages/brd_0000000000001',
    };
    const wrong = [];
    for (const [name, route] of Object.entries(routes)) {
      await page.goto(route);
      for (const summary of await page.locator('main details > summary').all()) await summary.click();
      wrong.push(...(await faultsOfRoute(page, name)));
      await picture(page, `${name}-${look}`);
    }
    const door = await openWindow({ size: sizes[size] });
    for (const [name, route] of Object.entries({ 'family-door': '/family/sign-in', 'family-code': '/family/code' })) {
      await door.goto(route);
      wrong.push(...(await faultsOfRoute(door, name)));
      await picture(door, `${name}-${look}`);
    }
    assert.deepEqual(wrong, []);
  });
}

test('the pages speak Spanish when asked, and stay so', async () => {
  const page = await enter({ size: sizes.phone });
  await page.getByRole('button', { name: 'Español' }).click();
  await page.getByText('Últimos mensajes').waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'es');
  await page.goto('/family/help');
  await mustBeFaultless(page, 'help in Spanish');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByText('What are the kinds').first().waitFor();
});

test('A36 switches save as they are pressed, and undo puts back', async () => {
  const page = await enter({ size: sizes.phone });
  await page.goto('/family/ways');
  const mail = page.locator('section.point').filter({ hasText: 'your e-mail' }).first();
  await mail.locator('summary').click();
  const general = page.getByRole('switch', { name: 'General: E-mail' }).first();
  assert.equal(await general.isChecked(), true);
  await general.click();
  await page.getByRole('status').filter({ hasText: 'Saved.' }).first().waitFor();
  assert.equal(await page.getByRole('switch', { name: 'General: E-mail' }).first().isChecked(), false);
  // What is said aloud, once, and the focus where it was.
  await page.waitForFunction(() => document.getElementById('said').textContent === 'Saved.');
  assert.match(await page.evaluate(() => document.activeElement.id), /-general-email$/);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Put back as it was.').first().waitFor();
  await mustBeFaultless(page, 'a save put back');
  await picture(page, 'family-ways-320');
});

test('A10 A18 contacts are confirmed here and changed at the school', async () => {
  const page = await enter({ size: sizes.phone });
  await page.goto('/family/contacts');
  await page.getByText('Something changed').first().click();
  await page.getByLabel('What should the record say?').first().fill('My work phone is gone');
  await page.getByRole('button', { name: 'Send to the registrar' }).first().click();
  await page.getByText('The registrar of the school has it on the list').waitFor();
  await mustBeAccessible(page, 'a wish that waits');
  await page.getByRole('button', { name: /all of it is right/ }).first().click();
  await page.getByText('We ask again in a year').waitFor();
});

test('A46 the last phone of one child is refused under that child alone, in words, and nothing is saved', async () => {
  const page = await enter({ size: sizes.phone });
  await page.goto('/family/ways');
  const child = page.locator('a.filter[href*="child="]').first();
  const name = await child.innerText();
  await child.click();
  await page.waitForURL(/child=/);
  // Every phone of this child off, until the last one refuses.
  const refused = page.locator('.notice', { hasText: /Not saved/ });
  for (let presses = 0; presses < 12 && !(await refused.count()); presses += 1) {
    const on = page.locator('input[name="cell:schools_out:voice"]:checked').first();
    const card = on.locator('xpath=ancestor::section[1]');
    if (!(await card.locator('details').first().evaluate((part) => part.open))) await card.locator('summary').first().click();
    const switched = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().includes('/family/ways'));
    await on.click();
    await switched;
  }
  await refused.waitFor();
  assert.match(await refused.innerText(), /Schools? out|clos/i);
  assert.equal(new URL(page.url()).searchParams.has('child'), true, `still ${name} alone`);
  assert.ok((await page.locator('input[name="cell:schools_out:voice"]:checked').count()) > 0);
  await mustBeFaultless(page, 'a floor that refused');
  await picture(page, 'family-floor-320');
  // Undone, for the tests that follow.
  await page.goto('/family/ways');
});

test('general news wait for the hours that a family chose', async () => {
  const page = await enter({ size: sizes.phone });
  await page.goto('/family/ways');
  const opens = await page.getByLabel('From').locator('option').allInnerTexts();
  await page.getByLabel('From').selectOption({ index: opens.length - 1 });
  await page.getByRole('button', { name: 'Keep these hours' }).click();
  await page.getByText('Choose at least two hours.').waitFor();
  await mustBeAccessible(page, 'hours that are too few');
  await page.getByLabel('From').selectOption('09:00');
  await page.getByLabel('To', { exact: true }).selectOption('18:00');
  await page.getByRole('button', { name: 'Keep these hours' }).click();
  await page.getByText('The hours are kept.').waitFor();
  assert.equal(await page.getByLabel('From').inputValue(), '09:00');
  await page.getByRole('button', { name: /Any time the school sends/ }).click();
  await page.getByText('The hours are kept.').waitFor();
  await mustNotScrollSideways(page, 'hours');
});

test('the first pages weigh less than 60 KB over the wire and do not move while they load', async () => {
  for (const route of ['/family/sign-in', '/family', '/family/ways', '/family/messages']) {
    // As on a first visit: nothing is answered by the app's worker.
    const page = await enter({ size: sizes.phone, workers: 'block' });
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    // A slow phone.
    await session.send('Emulation.setCPUThrottlingRate', { rate: 6 });
    // Heads and compressed bodies, as they come over the wire; icons that only an installed app shows are not asked for.
    let bytes = 0;
    session.on('Network.loadingFinished', (event) => { bytes += event.encodedDataLength; });
    await page.addInitScript(() => {
      globalThis.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(route, { waitUntil: 'networkidle' });
    const shift = await page.evaluate(() => globalThis.shift);
    console.log(`${route}: ${bytes} bytes over the wire, layout shift ${shift.toFixed(4)}`);
    assert.ok(bytes < 60 * 1024, `${route} weighs ${bytes} bytes`);
    assert.ok(shift < 0.05, `${route} moves by ${shift}`);
  }
});
