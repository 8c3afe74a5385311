// The real program in demo mode, one for each file of walks.
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const program = path.resolve(process.env.SCHOOLBELL_PROGRAM ?? '../../target/debug/schoolbell');
// Times of life by this much: a call of 20 s takes 0.1 s.
const SPEED = process.env.SCHOOLBELL_DEMO_SPEED ?? '200';

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Starts the program on a free port with a folder of its own; `stop` ends it and removes the folder.
export async function startDemo({ keep = false } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'schoolbell-browser-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(program, ['demo', '--data', folder, '--listen', new URL(url).host, '--speed', SPEED], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let said = '';
  await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no word from the demo in 120 s:\n${said}`)), 120_000);
    ended.then((code) => reject(new Error(`the demo ended with ${code}:\n${said}`)));
    child.stdout.on('data', (bytes) => {
      said += bytes;
      if (said.includes('Stop it with')) {
        clearTimeout(late);
        resolve();
      }
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const code = await ended;
    if (!keep) rmSync(folder, { recursive: true, force: true });
    return code;
  };
  return { url, folder, said, stop, child };
}

// The demo's district behind `schoolbell serve` with other settings: `change` gets the settings' text and answers the new one.
export async function startServer(change) {
  const made = await startDemo({ keep: true });
  await made.stop();
  const file = path.join(made.folder, 'schoolbell.toml');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  const child = spawn(program, ['serve', '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve, reject) => {
    ended.then((code) => reject(new Error(`the server ended with ${code}`)));
    child.stdout.on('data', (bytes) => String(bytes).includes('schoolbell serves') && resolve());
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const code = await ended;
    rmSync(made.folder, { recursive: true, force: true });
    return code;
  };
  return { url: made.url, folder: made.folder, stop };
}

let own;
// This file's walks go against `server` from now on; `endDemo` stops it.
export function useServer(server) {
  own = Promise.resolve(server);
}

// The demo of this file, started by the first test that asks.
export function demo() {
  own ??= startDemo();
  return own;
}

export async function endDemo() {
  if (!own) return;
  const code = await (await own).stop();
  own = undefined;
  assert.equal(code, 0, 'the demo did not end well');
}

// Who signs in: as the demo's cast has them.
export const people = {
  administrator: 'alex.rivera@staff.example.org',
  principal: 'marguerite.okafor@staff.example.org',
  registrar: 'dolores.whitfield@staff.example.org',
  teacher: 'jordan.ellison@staff.example.org',
};

// A link that signs in once, as an operator would make one.
export function signInLink(folder, who) {
  const out = execFileSync(program, ['user', 'link', '--config', path.join(folder, 'schoolbell.toml'), people[who]], {
    encoding: 'utf8',
  });
  return out.trim().split('\n').pop();
}

// A link that signs a guardian in once.
export function familyLink(folder, email) {
  const out = execFileSync(program, ['family', 'link', '--config', path.join(folder, 'schoolbell.toml'), email], {
    encoding: 'utf8',
  });
  return out.trim().split('\n').pop();
}
