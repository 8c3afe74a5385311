// A push service for tests: web-push-testing decrypts what comes and checks the token; before it stands a door that can
// be told to answer otherwise (404, 429 …) and that writes down the headers. Prints its port when it listens.
import { createRequire } from 'node:module';
import { createServer, request } from 'node:http';

const require = createRequire(import.meta.url);
const { PushApiModel } = require('web-push-testing/src/PushApiModel.js');
const Server = require('web-push-testing/src/server.js');

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const inner = await freePort();
const said = console.log;
console.log = () => {};
// What it refuses is for the test to judge by the answer.
console.error = () => {};
new Server(new PushApiModel(), inner).startServer();

const scripted = new Map();
const seen = new Map();
const of = (map, hash) => map.get(hash) ?? map.set(hash, []).get(hash);

const relay = (path, headers, body) =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: inner, path, method: 'POST', headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, body: Buffer.concat(parts) }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
const json = (path, value) => relay(path, { 'content-type': 'application/json' }, JSON.stringify(value));

const door = createServer(async (asked, answer) => {
  const parts = [];
  for await (const part of asked) parts.push(part);
  const body = Buffer.concat(parts);
  const url = new URL(asked.url, 'http://127.0.0.1');
  const hash = url.searchParams.get('hash');
  const reply = (status, text, headers = {}) => answer.writeHead(status, headers).end(text);
  try {
    if (url.pathname === '/subscribe') {
      const made = await json('/subscribe', { userVisibleOnly: 'true', applicationServerKey: url.searchParams.get('key') });
      const { data } = JSON.parse(made.body);
      const endpoint = `http://127.0.0.1:${door.address().port}/notify/${data.clientHash}`;
      return reply(200, JSON.stringify({ endpoint, hash: data.clientHash, ...data.keys }));
    }
    // ?hash=…&answers=429:1,404 : the next answers, each with its Retry-After.
    if (url.pathname === '/answers') {
      of(scripted, hash).push(...url.searchParams.get('answers').split(','));
      return reply(204);
    }
    if (url.pathname === '/expire') return reply((await json(`/expire-subscription/${hash}`, {})).status);
    if (url.pathname === '/received') {
      const found = await json('/get-notifications', { clientHash: hash });
      return reply(200, JSON.stringify({ messages: JSON.parse(found.body).data.messages, requests: of(seen, hash) }));
    }
    const to = url.pathname.split('/').pop();
    const { ttl, urgency, topic } = asked.headers;
    of(seen, to).push({ at: Date.now(), ttl, urgency, topic, bytes: body.length });
    const next = of(scripted, to).shift();
    if (next) {
      const [status, wait] = next.split(':');
      return reply(Number(status), '', wait ? { 'retry-after': wait } : {});
    }
    const passed = await relay(url.pathname, asked.headers, body);
    return reply(passed.status, passed.body);
  } catch (error) {
    return reply(500, String(error));
  }
});
door.listen(0, '127.0.0.1', () => said(String(door.address().port)));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
