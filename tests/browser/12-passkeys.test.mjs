// Signing in without a code: Chromium with an authenticator of the DevTools protocol makes a passkey and comes in with it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, mustBeFaultless, mustBeQuiet, openWindow, picture, sizes } from './support/browser.mjs';
import { endDemo, familyLink, startServer, useServer } from './support/demo.mjs';

const mother = 'lucy.rutledge71@example.org';
let server;

before(async () => {
  // Browsers make passkeys for names alone.
  server = await startServer((text) => text.replace(/public_url = "http:\/\/127\.0\.0\.1/, 'public_url = "http://localhost'));
  server.url = server.url.replace('127.0.0.1', 'localhost');
  useServer(server);
});

after(async () => {
  await closeBrowser();
  await endDemo();
});

// A device that checks its user: by default it says yes.
async function withDevice(page, { verified = true } = {}) {
  const tools = await page.context().newCDPSession(page);
  await tools.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: verified, automaticPresenceSimulation: true };
  const { authenticatorId } = await tools.send('WebAuthn.addVirtualAuthenticator', { options });
  const credentials = async () => (await tools.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  const give = (credential) => tools.send('WebAuthn.addCredential', { authenticatorId, credential });
  const forget = () => tools.send('WebAuthn.clearCredentials', { authenticatorId });
  return { credentials, give, forget };
}

async function byLink(options) {
  const page = await openWindow(options);
  await page.goto(familyLink(server.folder, mother));
  await page.locator('main form button.main').click();
  await page.waitForURL((url) => url.pathname === '/family');
  return page;
}

async function makeOne(page) {
  await page.goto('/family');
  await page.getByRole('link', { name: /Next time without a code|Your passkeys/ }).click();
  await page.getByRole('button', { name: 'Set up a passkey here' }).click();
  await page.getByText('The passkey is set up.').waitFor();
}

async function atTheDoor(page) {
  await page.goto('/family/sign-in');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
}

async function signOut(page) {
  await page.goto('/family');
  await page.getByRole('button', { name: /Sign out/ }).click();
  await page.waitForURL((url) => url.pathname === '/family/sign-in');
}

for (const size of [sizes.phone, { width: 390, height: 844 }, sizes.desk]) {
  const look = size.width;
  test(`a passkey is made after signing in and opens the door at ${look}`, async () => {
    const page = await byLink({ size });
    const device = await withDevice(page);
    await page.getByRole('link', { name: /Next time without a code|Your passkeys/ }).waitFor();
    await picture(page, `family-passkey-offer-${look}`);
    await page.goto('/family/passkeys');
    await mustBeFaultless(page, 'passkeys, none yet');
    await makeOne(page);
    assert.equal((await device.credentials()).length, 1);
    assert.equal((await device.credentials())[0].isResidentCredential, true);
    await mustBeFaultless(page, 'a passkey that is made');
    await picture(page, `family-passkeys-${look}`);
    await signOut(page);
    await mustBeFaultless(page, 'the door with passkeys');
    await picture(page, `family-door-passkey-${look}`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.waitForURL((url) => url.pathname === '/family');
    assert.match(await page.locator('footer').innerText(), /lucy\.rutledge71@example\.org/);
    await page.goto('/family/passkeys');
    await page.getByText('Last used:').first().waitFor();
    mustBeQuiet(page);
  });
}

test('a passkey that is removed opens nothing, and the page says so in words', async () => {
  const page = await byLink({ size: sizes.phone });
  await withDevice(page);
  await makeOne(page);
  for (let left = await page.locator('button[name=passkey]').count(); left > 0; left -= 1) {
    await page.locator('button[name=passkey]').first().click();
    await page.getByText('That passkey opens nothing any more.').waitFor();
  }
  await signOut(page);
  await atTheDoor(page);
  await page.getByRole('alert').filter({ hasText: 'No passkey opened the door.' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/family/sign-in');
  await mustBeFaultless(page, 'a passkey that opens nothing');
  await picture(page, 'family-passkey-refused-320');
});

test('a device that does not know its user makes none and opens nothing', async () => {
  const page = await byLink({ size: sizes.phone });
  const device = await withDevice(page, { verified: false });
  await page.goto('/family/passkeys');
  await page.getByRole('button', { name: 'Set up a passkey here' }).click();
  await page.getByRole('alert').filter({ hasText: 'No passkey was set up.' }).waitFor();
  assert.equal((await device.credentials()).length, 0);
});

test('a copy of a passkey that is behind is noticed, and its owner reads it', async () => {
  const page = await byLink({ size: sizes.phone });
  const device = await withDevice(page);
  await makeOne(page);
  const [copy] = await device.credentials();
  for (let times = 0; times < 2; times += 1) {
    await signOut(page);
    await atTheDoor(page);
    await page.waitForURL((url) => url.pathname === '/family');
  }
  await signOut(page);
  await device.forget();
  await device.give({ ...copy, signCount: 1 });
  await atTheDoor(page);
  await page.getByRole('alert').filter({ hasText: 'No passkey opened the door.' }).waitFor();
  const owner = await byLink({ size: sizes.phone });
  await owner.goto('/family/passkeys');
  await owner.getByText('This passkey may have been copied').waitFor();
  await mustBeFaultless(owner, 'a passkey in doubt');
  await picture(owner, 'family-passkey-doubt-320');
});

test('without JavaScript, and in a browser without passkeys, no button is dead', async () => {
  const plain = await openWindow({ size: sizes.phone, javaScript: false });
  await plain.goto(familyLink(server.folder, mother));
  await plain.locator('main form button.main').click();
  await plain.goto('/family/passkeys');
  assert.equal(await plain.getByRole('button', { name: 'Set up a passkey here' }).isVisible(), false);
  await plain.getByText('the code by e-mail always works').waitFor();
  const door = await openWindow({ size: sizes.phone, javaScript: false });
  await door.goto('/family/sign-in');
  assert.equal(await door.locator('[data-passkey]').isVisible(), false);
  await door.getByLabel(/e-mail/i).waitFor();

  const old = await openWindow({ size: sizes.phone });
  await old.addInitScript(() => delete globalThis.PublicKeyCredential);
  await old.goto('/family/sign-in');
  await old.getByLabel(/e-mail/i).fill(mother);
  assert.equal(await old.locator('[data-passkey]').isVisible(), false);
  mustBeQuiet(old);
});

test('the door with passkeys still weighs less than 60 KB over the wire', async () => {
  for (const route of ['/family/sign-in', '/family/passkeys']) {
    // As on a first visit: nothing is answered by the app's worker.
    const page = await byLink({ size: sizes.phone, workers: 'block' });
    const tools = await page.context().newCDPSession(page);
    await tools.send('Network.enable');
    await tools.send('Network.setCacheDisabled', { cacheDisabled: true });
    let bytes = 0;
    tools.on('Network.loadingFinished', (event) => { bytes += event.encodedDataLength; });
    await page.goto(route, { waitUntil: 'networkidle' });
    assert.ok(await page.locator('script[src*="passkey"]').count(), route);
    console.log(`${route}: ${bytes} bytes over the wire`);
    assert.ok(bytes < 60 * 1024, `${route} weighs ${bytes} bytes`);
  }
});
