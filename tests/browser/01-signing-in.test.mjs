// Signing in by link and by password, and what a stranger sees.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, mustBeQuiet, openWindow, signIn } from './support/browser.mjs';
import { demo, endDemo, signInLink } from './support/demo.mjs';

after(async () => {
  await closeBrowser();
  await endDemo();
});

test('a stranger is asked to sign in, and a wrong password tells nothing about who exists', async () => {
  const page = await openWindow();
  await page.goto('/');
  assert.equal(new URL(page.url()).pathname, '/sign-in');
  const say = async (email) => {
    await page.getByLabel(/mail/i).fill(email);
    await page.getByLabel(/password/i).fill('not the password');
    await page.locator('main form button').first().click();
    return (await page.locator('main').innerText()).replace(email, '');
  };
  const known = await say('marguerite.okafor@staff.example.org');
  const unknown = await say('nobody@staff.example.org');
  assert.equal(known, unknown);
});

test('a link signs in once', async () => {
  const { folder } = await demo();
  const link = signInLink(folder, 'principal');
  const first = await openWindow();
  await first.goto(link);
  await first.locator('main form button').first().click();
  await first.waitForURL((url) => url.pathname === '/');
  assert.match(await first.locator('body').innerText(), /Willow Creek/);
  mustBeQuiet(first);
  const second = await openWindow();
  await second.goto(link);
  const button = second.locator('main form button').first();
  if (await button.count()) await button.click();
  assert.notEqual(new URL(second.url()).pathname, '/');
  assert.match(await second.locator('main').innerText(), /used|too old/);
});

test('each role sees the menu of its role, and the rest is refused in words', async () => {
  const teacher = await signIn('teacher');
  assert.equal(await teacher.locator('nav a[href="/settings/users"], nav a[href="/roster"]').count(), 0);
  const answer = await teacher.goto('/settings/users');
  assert.equal(answer.status(), 403);
  assert.match(await teacher.locator('main').innerText(), /role|allow/i);
});
