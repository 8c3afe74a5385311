// Every route and state on a phone of 320 px.
import { after } from 'node:test';
import { closeBrowser } from './support/browser.mjs';
import { endDemo } from './support/demo.mjs';
import { walkEveryRoute } from './support/routes.mjs';

after(async () => {
  await closeBrowser();
  await endDemo();
});

walkEveryRoute('phone');
