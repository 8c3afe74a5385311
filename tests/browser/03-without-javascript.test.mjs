// Every page is a plain form underneath: composing and sending works where scripts do not.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeBrowser, signIn } from './support/browser.mjs';
import { composeClosing, mostArrived, send } from './support/closing.mjs';
import { endDemo } from './support/demo.mjs';

after(async () => {
  await closeBrowser();
  await endDemo();
});

test('without JavaScript a closing is composed, sent and followed', async () => {
  const page = await signIn('principal', { javaScript: false });
  await composeClosing(page);
  const path = await send(page);
  const { done } = await mostArrived(page, () => page.goto(path));
  assert.ok(done > 0);
});
