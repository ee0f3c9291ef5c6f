// What new-plugin writes compiles without a warning against the installation, passes its own test, and gives way to nothing that is there.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, ok, run, main } = require('../tools/harness.js');
const { install } = require('./installed.js');

const strict = 'CFLAGS=-O1 -g -Wall -Wextra -Werror -pedantic';
const create = (...args) => run('loquat', ['new-plugin', ...args]);

function kinds() {
  for (const [kind, id] of [['capture', 'capture.my-cam'], ['filter', 'filter.my-cam'], ['codec', 'codec.my-cam'], ['renderer', 'render.my-cam']]) {
    const to = path.join(dir, kind);
    const r = create('--kind', kind, '--name', 'my-cam', to);
    ok(r.status === 0 && r.out.split('\n').length === 5, `new-plugin --kind ${kind} names what it writes`, r.out + r.err);
    const c = run('make', ['-C', to, 'check', strict]);
    ok(c.status === 0 && !/warning/.test(c.err), `the ${kind} compiles without a warning and passes its test`, c.out + c.err);
    ok(/1 node passed, 0 skipped, 0 findings/.test(c.out) && /my-cam.*(frames|packetsEncoded|framesRendered)\s+[1-9]/.test(c.out), `the ${kind} is validated and runs in a graph`, c.out);
    const i = JSON.parse(run('loquat', ['inspect', '--json', id], { env: { ...process.env, LQ_PLUGIN_PATH: to } }).out || '{}');
    ok(i.id === id, `its node is ${id}`, JSON.stringify(i));
    const d = run('make', ['-C', to, 'install', `DESTDIR=${path.join(dir, `dest-${kind}`)}`, 'PLUGIN_DIR=/plugins']);
    ok(d.status === 0 && fs.existsSync(path.join(dir, `dest-${kind}`, 'plugins/my-cam.so')), `the ${kind} is installed`, d.err);
    ok(!/@(NAME|ID)@/.test(fs.readdirSync(to).filter((f) => !f.endsWith('.so')).map((f) => fs.readFileSync(path.join(to, f), 'utf8')).join('')), 'no placeholder is left');
  }
}

function refusals() {
  const again = create('--kind', 'capture', '--name', 'my-cam', path.join(dir, 'capture'));
  ok(again.status === 1 && /my-cam\.c cannot be written: File exists/.test(again.err), 'what is there is not written over', again.err);
  const kind = create('--kind', 'camera', '--name', 'x', path.join(dir, 'x'));
  ok(kind.status === 2 && /capture, filter, codec or renderer/.test(kind.err), 'an unknown kind is answered with the kinds', kind.err);
  const name = create('--kind', 'capture', '--name', 'My Cam', path.join(dir, 'x'));
  ok(name.status === 2 && /lower-case/.test(name.err), 'a bad name is answered with the rule', name.err);
  const where = create('--kind', 'capture', '--name', 'x');
  ok(where.status === 2 && /which folder/.test(where.err), 'without a folder it asks for one', where.err);
  ok(!fs.existsSync(path.join(dir, 'x')), 'and nothing was made');
}

main(async () => {
  install();
  kinds();
  refusals();
});
