// Prints what each family page weighs over the wire and how long the server takes for it, as a table.
// node family_pages.mjs: against the demo's district, which it starts and stops. Bytes are those of the socket: heads, compressed.
import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { familyLink, startServer } from './support/demo.mjs';

const mother = 'lucy.rutledge71@example.org';
const TIMES = 100;
// Reached by a name, so that the door and its pages offer passkeys: the heaviest they get.
const demo = await startServer((text) => text.replace(/public_url = "http:\/\/127\.0\.0\.1/, 'public_url = "http://localhost'));

function ask(path, { cookie = '', method = 'GET', body = '' } = {}) {
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint();
    const headers = { Cookie: cookie, 'Accept-Encoding': 'gzip', Connection: 'close' };
    if (body) Object.assign(headers, { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(body) });
    const request = http.request(new URL(path, demo.url), { method, headers, agent: false }, (answer) => {
      const { socket } = answer;
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts), bytes: socket.bytesRead, ms: Number(process.hrtime.bigint() - began) / 1e6 }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

const jar = (answer, before = '') => {
  const set = (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]);
  return [...before.split('; ').filter((pair) => pair && !set.some((fresh) => fresh.split('=')[0] === pair.split('=')[0])), ...set].join('; ');
};
const text = async (answer) => {
  return String(answer.headers['content-encoding'] === 'gzip' ? gunzipSync(answer.body) : answer.body);
};

const link = familyLink(demo.folder, mother);
const asked = await ask(link);
const csrf = (await text(asked)).match(/name="csrf" value="([^"]+)"/)[1];
const entered = await ask(link, { method: 'POST', cookie: jar(asked), body: `csrf=${csrf}` });
const cookie = jar(entered, jar(asked));

const pages = { Door: '/family/sign-in', Home: '/family', Messages: '/family/messages', 'How we reach you': '/family/ways', 'My contacts': '/family/contacts', Absences: '/family/absences', 'The app': '/family/app', Passkeys: '/family/passkeys', Help: '/family/help' };
console.log(`| page | page itself | with all that it needs | server p50 | p95 |\n|---|---|---|---|---|`);
for (const [name, path] of Object.entries(pages)) {
  const taken = [];
  let page;
  for (let time = 0; time < TIMES; time += 1) {
    page = await ask(path, { cookie: name === 'Door' ? '' : cookie });
    if (page.status !== 200) throw new Error(`${path}: ${page.status}`);
    taken.push(page.ms);
  }
  taken.sort((one, other) => one - other);
  const needs = [...(await text(page)).matchAll(/(?:src|href)="(\/static\/[^"]+)"/g)].map((match) => match[1]);
  const bold = (await text(await ask(needs.find((one) => one.includes('family.') && one.endsWith('.css'))))).match(/atkinson-latin-700\.[0-9a-f]+\.woff2/)[0];
  let whole = page.bytes;
  for (const one of new Set([...needs.filter((need) => !need.includes('icon-180')), `/static/${bold}`])) whole += (await ask(one)).bytes;
  const kb = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
  console.log(`| ${name} | ${kb(page.bytes)} | ${kb(whole)} | ${taken[TIMES / 2].toFixed(1)} ms | ${taken[TIMES * 0.95].toFixed(1)} ms |`);
}
process.exit(await demo.stop());
