// What the JavaScript tests share: cases, child processes that never outlive the test, a folder that goes away.
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const sanitizers = require('./sanitizers.js');

const SKIP = 77;
const children = new Set();
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'loquat-test-'));
let passed = 0, failed = 0;

const top = process.env.top_srcdir || path.resolve(__dirname, '../..');
const build = process.env.top_builddir || path.join(top, 'build');
process.env.PATH = `${build}:${process.env.PATH}`;
// Sanitizers keep what was freed: memory says nothing then.
const sanitized = fs.readFileSync(path.join(build, 'Makefile'), 'utf8').includes('-fsanitize=');
// A make that a test runs is not part of the one that runs the tests: it has its own jobs, and says nothing of folders.
for (const name of ['MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES', 'DESTDIR']) delete process.env[name];
process.env.LQ_PLUGIN_PATH ||= path.join(build, 'plugins/.libs');
process.env.LQ_PROFILE_PATH ||= path.join(top, 'profiles');
process.env.LQ_WEB_PATH ||= path.join(top, 'sdk/web');
process.env.LQ_TEMPLATE_PATH ||= path.join(top, 'tools/templates');

process.on('exit', () => {
  for (const c of children) c.kill('SIGKILL');
  fs.rmSync(dir, { recursive: true, force: true });
});

function ok(condition, text, detail = '') {
  if (condition) passed++;
  else failed++;
  console.log(`${condition ? 'ok' : 'not ok'} - ${text}${condition || detail === '' ? '' : `: ${detail}`}`);
  return condition;
}

// Runs to the end: {status, out, err}.
function run(command, args = [], options = {}) {
  const r = spawnSync(command, args, { encoding: 'utf8', timeout: 120000, maxBuffer: 1 << 28, ...options });
  return { status: r.status, out: r.stdout || '', err: (r.stderr || '') + (r.error ? String(r.error) : '') };
}

// Starts and leaves running; `line(predicate)` waits for a line of its output. log: all of it, out: without errors.
function start(command, args = [], options = {}) {
  const c = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  children.add(c);
  c.log = c.out = '';
  const waiting = [];
  let rest = '';
  const take = (chunk) => {
    c.log += chunk;
    rest += chunk;
    for (let i; (i = rest.indexOf('\n')) >= 0; rest = rest.slice(i + 1))
      for (const w of [...waiting]) w(rest.slice(0, i));
  };
  c.stdout.on('data', (chunk) => { c.out += chunk; take(chunk); });
  c.stderr.on('data', take);
  c.ended = new Promise((resolve) => c.on('close', (code, signal) => { children.delete(c); resolve({ code, signal }); }));
  c.on('error', (e) => take(`${e}\n`));
  c.line = (predicate, ms = 20000) => new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${command}: no such line in ${ms} ms; it said:\n${c.log.slice(-2000)}`)), ms);
    const see = (l) => { if (predicate(l)) { clearTimeout(timer); waiting.splice(waiting.indexOf(see), 1); resolve(l); } };
    waiting.push(see);
    c.log.split('\n').slice(0, -1).some((l) => predicate(l) && (see(l), true));
  });
  c.stop = async () => { c.kill('SIGTERM'); const t = setTimeout(() => c.kill('SIGKILL'), 10000); const r = await c.ended; clearTimeout(t); return r; };
  return c;
}

// A loquatd on a port of the system's choice: {process, port, url}.
async function server(args = ['--debug']) {
  const p = start('loquatd', ['--host', '127.0.0.1', '--port', '0', ...args]);
  const ready = JSON.parse(await p.line((l) => l.startsWith('{"port"') || /^\{.*"port"/.test(l)));
  return { process: p, port: ready.port, mediaPort: ready.media_port, url: `ws://127.0.0.1:${ready.port}` };
}

function have(...commands) {
  const missing = commands.filter((c) => run('sh', ['-c', `command -v ${c}`]).status !== 0);
  if (missing.length) {
    console.log(`skipped: ${missing.join(', ')} not installed`);
    process.exit(SKIP);
  }
}

function main(test) {
  test().catch((e) => ok(false, 'the test runs to its end', e.stack)).finally(() => {
    if (sanitizers.reports())
      ok(false, 'no sanitizer reports anything');
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed || !passed ? 1 : 0);
  });
}

module.exports = { SKIP, dir, top, build, sanitized, ok, run, start, server, have, main };
