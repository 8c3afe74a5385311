// axe over every route and state of the staff's pages, in light and dark. And no page scrolls sideways.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { faultsOfRoute, mustBeFaultless, openWindow, picture, signIn, sizes } from './browser.mjs';
import { composeClosing, mostArrived, send } from './closing.mjs';
import { demo } from './demo.mjs';

// A message and an import that stand, so that their pages have something on them.
let made;
async function prepare() {
  if (made) return made;
  const { folder } = await demo();
  const page = await signIn('administrator');
  await composeClosing(page);
  const draft = new URL(page.url()).pathname;
  const message = await send(page);
  await mostArrived(page);
  await page.goto(`${message}/people`);
  const person = await page.locator('main a[href*="/people/per_"]').first().getAttribute('href');
  await composeClosing(page);
  const kept = new URL(page.url()).pathname;
  await page.goto('/roster');
  const run = await page.locator('main a[href^="/roster/imports/imp_"]').first().getAttribute('href');
  await page.goto('/people?search=ortega');
  const record = await page.locator('main a[href^="/people/per_"]').first().getAttribute('href');
  assert.ok(draft);
  made = { message, person, kept, run, record, zip: path.join(folder, 'willow-creek.zip') };
  return made;
}

// The walks of one size. A file for each size: they go side by side.
export function walkEveryRoute(size) {
  const look = String(sizes[size].width);
  test(`every route is accessible and fits at ${look}`, async () => {
    const { message, person, kept, run, record } = await prepare();
    const page = await signIn('administrator', { size: sizes[size] });
    const routes = {
      home: '/',
      messages: '/broadcasts',
      'new-message': '/broadcasts/new',
      draft: kept,
      'draft-what': `${kept}?step=what`,
      'draft-language': `${kept}?step=what&language=es`,
      'draft-who': `${kept}?step=who`,
      'draft-plan': kept.replace('/edit', '/plan'),
      'draft-list': kept.replace('/edit', '/list'),
      message,
      'message-people': `${message}/people`,
      explain: person,
      'call-sheet': `${message}/call-sheet`,
      people: '/people',
      'people-found': '/people?search=ortega',
      'people-none': '/people?search=zzzzqq',
      person: record,
      roster: '/roster',
      import: run,
      'import-new': '/roster/imports/new',
      audit: '/audit',
      settings: '/settings',
      users: '/settings/users',
      sessions: '/settings/sessions',
      password: '/settings/password',
      menu: '/menu',
      rules: '/rules',
      'not-found': '/no-such-page',
    };
    const wrong = [];
    for (const [name, route] of Object.entries(routes)) {
      await page.goto(route);
      wrong.push(...(await faultsOfRoute(page, name)));
      await picture(page, `${name}-${look}`);
    }
    assert.deepEqual(wrong, []);
  });

  test(`states that ask for something are accessible and fit at ${look}`, async () => {
    const page = await openWindow({ size: sizes[size] });
    await page.goto('/sign-in');
    await mustBeFaultless(page, 'sign-in');
    await page.getByLabel(/mail/i).fill('nobody@example.org');
    await page.getByLabel(/password/i).fill('wrong');
    await page.locator('main form button').first().click();
    await page.getByRole('alert').waitFor();
    await mustBeFaultless(page, 'sign-in refused');
    await picture(page, `sign-in-refused-${look}`);

    const teacher = await signIn('teacher', { size: sizes[size] });
    await teacher.goto('/roster');
    await mustBeFaultless(teacher, 'refused by role');

    // A form with everything wrong.
    const principal = await signIn('principal', { size: sizes[size] });
    await principal.goto('/broadcasts/new');
    await principal.locator('#what-form .pledge button').click();
    await principal.locator('#problems').waitFor();
    await mustBeFaultless(principal, 'a message without anything');
    await picture(principal, `compose-wrong-${look}`);
  });
}
