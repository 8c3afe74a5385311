// A second door to the families' side: the sign-in of an independent OpenID Connect provider (npm oidc-provider).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { closeBrowser, mustBeFaultless, openWindow, picture, sizes } from './support/browser.mjs';
import { endDemo, familyLink, freePort, startServer, useServer } from './support/demo.mjs';

const mother = 'lucy.rutledge71@example.org';
let server;
let provider;

before(async () => {
  const port = await freePort();
  server = await startServer((text) =>
    text
      .replace(/public_url = "http:\/\/127\.0\.0\.1/, 'public_url = "http://localhost')
      .replace('#[portal.oidc]', `[portal.oidc]\nissuer = "http://localhost:${port}"\nclient_id = "schoolbell"\nclient_secret = "a secret: with a colon & more"`),
  );
  server.url = server.url.replace('127.0.0.1', 'localhost');
  useServer(server);
  const peer = path.resolve('../peers/oidc_provider.mjs');
  provider = spawn(process.execPath, [peer, String(port), `${server.url}/family/portal/back`], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve) => provider.stdout.once('data', resolve));
});

after(async () => {
  await closeBrowser();
  await endDemo();
  provider?.kill();
});

async function throughThePortal(page, email) {
  await page.goto('/family/sign-in');
  await page.getByRole('link', { name: 'Sign in with the parent portal' }).click();
  await page.locator('input[name=login]').fill(email);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  await page.locator('button[type=submit]').click();
}

test('A34 the portal’s own sign-in shows the same family, for people on the record alone, and once', async () => {
  const page = await openWindow({ size: sizes.phone });
  let back;
  page.on('request', (request) => {
    if (request.url().startsWith(`${server.url}/family/portal/back`)) back = request.url();
  });
  await throughThePortal(page, mother);
  await page.waitForURL(`${server.url}/family`);
  const own = await openWindow();
  await own.goto(familyLink(server.folder, mother));
  await own.locator('main form button.main').click();
  await own.waitForURL((url) => url.pathname === '/family');
  assert.equal(await page.locator('main').innerText(), await own.locator('main').innerText());

  // The same answer of the provider again, here and in another browser.
  for (const window of [page, await openWindow()]) {
    const again = await window.goto(back);
    assert.equal(again.status(), 403);
  }
  const said = [];
  for (const email of ['nobody@example.org', 'unproven@example.org', 'no address']) {
    const stranger = await openWindow({ size: sizes.phone });
    await throughThePortal(stranger, email);
    await stranger.getByRole('alert').waitFor();
    said.push(await stranger.locator('main').innerText());
    await mustBeFaultless(stranger, 'a portal that opens nothing');
    await picture(stranger, 'family-door-refused-320');
  }
  assert.equal(new Set(said).size, 1);
  assert.match(said[0], /registrar/);
});
