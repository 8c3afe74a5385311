// The families' app: installed, told by a real push service, shown by its worker in Chromium, read without a connection.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { closeBrowser, mustBeAccessible, mustBeFaultless, openWindow, picture, signIn, sizes } from './support/browser.mjs';
import { composeClosing, send } from './support/closing.mjs';
import { endDemo, familyLink, program, startServer, useServer } from './support/demo.mjs';

const mother = 'lucy.rutledge71@example.org';
let peer;
let server;
let host;

before(async () => {
  // web-push-testing: it checks our token and decrypts what we send. A real subscription would need a vendor's servers.
  peer = spawn(process.execPath, [path.resolve('../peers/push_service.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const port = await new Promise((resolve) => peer.stdout.once('data', (bytes) => resolve(String(bytes).trim())));
  host = `127.0.0.1:${port}`;
  const made = execFileSync(program, ['init', '--print'], { encoding: 'utf8' });
  const section = made.slice(made.lastIndexOf('[gateways.app]'));
  server = await startServer((text) => {
    const from = text.indexOf('[gateways.drill-push]');
    const to = text.indexOf('[gateways.', from + 1);
    return `${text.slice(0, from)}${text.slice(to)}\n${section}services = ["${host}"]\n`;
  });
  useServer(server);
});

after(async () => {
  await closeBrowser();
  await endDemo();
  peer?.kill();
});

const ask = async (route) => {
  const answer = await fetch(`http://${host}${route}`, { method: 'POST' });
  assert.ok(answer.ok, `${route}: ${answer.status}`);
  return answer.headers.get('content-length') === '0' ? undefined : await answer.json();
};

async function enter(options) {
  const page = await openWindow(options);
  await page.context().grantPermissions(['notifications']);
  await page.goto(familyLink(server.folder, mother));
  await page.locator('main form button.main').click();
  await page.waitForURL((url) => url.pathname === '/family');
  return page;
}

// The browser's own push manager, but for where the subscription is made.
async function subscribeAt(page, subscription) {
  await page.addInitScript(({ endpoint, p256dh, auth }) => {
    const made = { endpoint, toJSON: () => ({ endpoint, keys: { p256dh, auth } }) };
    PushManager.prototype.getSubscription = async () => (localStorage.getItem('subscribed') ? made : null);
    PushManager.prototype.subscribe = async (options) => {
      if (!options.userVisibleOnly) throw new Error('a silent subscription');
      localStorage.setItem('subscribed', options.applicationServerKey);
      return made;
    };
  }, subscription);
}

async function until(look, what) {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`never: ${what}`);
}

test('a closing comes as a notification, and the school knows that it was shown and opened', async () => {
  const page = await enter({ size: sizes.phone });
  await page.goto('/family/app');
  const key = await page.locator('body').getAttribute('data-push');
  const subscription = await ask(`/subscribe?key=${key}`);
  await subscribeAt(page, subscription);
  await page.goto('/family/app');
  await page.getByRole('button', { name: 'Turn on notifications' }).click();
  await page.getByText('This device shows messages from school.').waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem('subscribed')), key);

  const principal = await signIn('principal');
  await composeClosing(principal);
  await send(principal);
  const received = await until(async () => {
    const found = await ask(`/received?hash=${subscription.hash}`);
    return found.messages.length > 0 && found;
  }, 'a message at the push service');
  assert.equal(received.requests[0].urgency, 'high');
  const notice = JSON.parse(received.messages[0]);
  assert.match(`${notice.title} ${notice.body}`, /closed/i);

  // What the push service decrypted is what a phone would get: Chromium hands it to the worker.
  const tools = await page.context().newCDPSession(page);
  const registration = new Promise((resolve) => {
    tools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && resolve(registrations[0]));
  });
  await tools.send('ServiceWorker.enable');
  const { registrationId, scopeURL } = await registration;
  assert.equal(new URL(scopeURL).pathname, '/family');
  await tools.send('ServiceWorker.deliverPushMessage', { origin: server.url, registrationId, data: received.messages[0] });
  const shown = await until(
    () =>
      page.evaluate(async () => {
        const [found] = await (await navigator.serviceWorker.ready).getNotifications();
        return found && { title: found.title, body: found.body, stays: found.requireInteraction, url: found.data.url };
      }),
    'a notification',
  );
  assert.deepEqual(shown, { title: notice.title, body: notice.body, stays: false, url: notice.url });

  const reader = await enter({ size: sizes.phone });
  await until(async () => {
    await reader.goto(notice.url);
    return (await reader.locator('li', { hasText: 'Notification in the app' }).filter({ hasText: 'Delivered' }).count()) > 0;
  }, 'delivered on the page of the message');
  const [worker] = page.context().serviceWorkers();
  await worker.evaluate(async () => {
    const [notification] = await self.registration.getNotifications();
    self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
  });
  await until(async () => {
    await reader.goto(notice.url);
    return (await reader.getByText(/opened/).count()) > 0;
  }, 'opened on the page of the message');
  await mustBeAccessible(reader, 'a message that came to the app');
  await picture(reader, 'family-message-app-320');
  // The app has a card of its own beside that of the mailbox.
  await reader.goto('/family/ways');
  const card = reader.locator('section.point').filter({ hasText: 'the app' });
  await card.locator('summary').click();
  assert.deepEqual(await card.locator('thead th').allInnerTexts(), ['Kind', 'App']);
  await mustBeFaultless(reader, 'the app among the ways');
  await picture(reader, 'family-ways-app-320');
});

test('an emergency stays on the screen, and a message that cannot be read still says something', async () => {
  const page = await enter();
  await page.goto('/family/app');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  const tools = await page.context().newCDPSession(page);
  const registration = new Promise((resolve) => {
    tools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && resolve(registrations[0]));
  });
  await tools.send('ServiceWorker.enable');
  const { registrationId } = await registration;
  for (const data of [JSON.stringify({ title: 'Lockdown', body: 'All are safe.', stay: true, tag: 'brd_1' }), 'no JSON']) {
    await tools.send('ServiceWorker.deliverPushMessage', { origin: server.url, registrationId, data });
  }
  const shown = await until(
    () =>
      page.evaluate(async () => {
        const all = await (await navigator.serviceWorker.ready).getNotifications();
        return all.length === 2 && all.map((one) => [one.title, one.requireInteraction]).sort();
      }),
    'two notifications',
  );
  assert.deepEqual(shown, [['Lockdown', true], ['Message from school', false]]);
});

test('the last messages can be read without a connection, and are gone after signing out', async () => {
  const page = await enter({ size: sizes.phone });
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.goto('/family/messages');
  await page.goto('/family');
  const stated = await page.locator('h1').innerText();
  assert.equal(await page.locator('.kept').isVisible(), false);
  await until(() => page.evaluate(async () => (await (await caches.open('pages')).keys()).length >= 2), 'kept pages');
  await page.context().setOffline(true);
  await page.goto('/family');
  assert.equal(await page.locator('h1').innerText(), stated);
  await page.getByText('No connection. This is the page as you last saw it.').waitFor();
  await mustBeAccessible(page, 'a kept page');
  await picture(page, 'family-offline-320');
  // Choices and the record are not kept: an old one would mislead.
  await page.goto('/family/contacts');
  await page.getByText('Schoolbell cannot be reached just now.').waitFor();
  await mustBeFaultless(page, 'no connection');
  await page.context().setOffline(false);
  await page.goto('/family');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL((url) => url.pathname === '/family/sign-in');
  await until(() => page.evaluate(async () => !(await caches.has('pages'))), 'nothing left behind');
});

test('A35 the app can be installed and says how to use it, in both languages and at every size', async () => {
  for (const size of ['phone', 'desk']) {
    const page = await enter({ size: sizes[size] });
    await page.goto('/family/app');
    await page.getByText('How to use it').waitFor();
    await mustBeFaultless(page, 'the app');
    await picture(page, `family-app-${sizes[size].width}`);
    const tools = await page.context().newCDPSession(page);
    const manifest = await tools.send('Page.getAppManifest');
    assert.deepEqual(manifest.errors, []);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    const { installabilityErrors } = await tools.send('Page.getInstallabilityErrors');
    // A window of a test is a private one, which browsers do not install from; nothing else may be wrong.
    assert.deepEqual(installabilityErrors.map((error) => error.errorId).filter((id) => id !== 'in-incognito'), []);
    await page.getByRole('button', { name: 'Español' }).click();
    await page.getByText('Cómo se usa').waitFor();
    await mustBeAccessible(page, 'the app in Spanish');
    // The account keeps its language.
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByText('How to use it').waitFor();
  }
});
