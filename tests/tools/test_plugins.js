// Plugins, good and broken: all are listed with what there is to say, the program runs, and only what is named is loaded.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { SKIP, dir, build, ok, run, start, main } = require('./harness.js');

const broken = path.join(build, 'tests/broken-plugins/.libs');
if (!fs.existsSync(path.join(broken, 'loop-at-load.so'))) {
  console.log('skipped: the broken plugins are built with the library check only');
  process.exit(SKIP);
}
const ours = process.env.LQ_PLUGIN_PATH;
const env = { ...process.env, LQ_PLUGIN_PATH: `${ours}:${broken}`, LQ_SCAN_TIMEOUT_MS: '2000', XDG_CACHE_HOME: path.join(dir, 'cache') };
const loquat = (...args) => run('loquat', args, { env });

const reasons = {
  'abort-at-load': /^crashed while it was loaded \(SIGABRT\)$/,
  'crash-at-load': /^crashed while it was loaded \(SIGSEGV\)$/,
  'crash-in-init': /^crashed while it was loaded \(SIGILL\)$/,
  'exit-at-load': /exit status 7/,
  'huge-count': /claims 2147483647 nodes/,
  'huge-params': /claims 4294967295 parameters/,
  'init-fails': /its init failed: no such device/,
  'loop-at-load': /^timed out: not loaded within 2000 ms$/,
  'missing-library': /absent\.so: cannot open shared object file/,
  'no-entry': /exports no lq_plugin_abi0/,
  'null-table': /has no table of its 2 ports/,
  'twin': /there is a plugin "good" already, from .*good\.so/,
  'undefined-symbol': /undefined symbol: loquat_test_nobody_has_this/,
  'wrong-major': /built for plugin ABI 1, this is 0: rebuild it/,
  'wrong-minor': /built for plugin ABI 0\.\d+, this is 0\.\d+: rebuild it/,
};

function listed() {
  const first = loquat('inspect', '--json');
  const all = JSON.parse(first.out);
  const told = Object.fromEntries(all.not_loaded.map((p) => [path.basename(p.file, '.so'), p.reason]));
  for (const [name, wanted] of Object.entries(reasons))
    ok(wanted.test(told[name] || ''), `${name} is listed with its reason`, told[name]);
  ok(all.not_loaded.length === Object.keys(reasons).length, 'and no other', Object.keys(told).join(' '));
  ok(all.plugins.some((p) => p.name === 'good') && all.plugins.some((p) => p.name === 'testsrc'), 'the good ones are there');
  ok(loquat('inspect', '--json').out === first.out, 'with the cache it says the same');
  const file = path.join(env.XDG_CACHE_HOME, 'loquat/plugins.cache'), changed = () => fs.statSync(file, { bigint: true }).mtimeNs, before = changed();
  ok(loquat('inspect', '--rescan', '--json').out === first.out && changed() > before, '--rescan makes the cache anew');
  ok(loquat('inspect').out.includes('loop-at-load.so\n  timed out'), 'so does the list for people');
}

function node() {
  const n = JSON.parse(loquat('inspect', '--json', 'capture.pattern').out);
  ok(n.works_here && n.live && n.ports[0].formats[0].startsWith('video/raw I420 1280x720'), 'a node shows its formats', JSON.stringify(n.ports));
  const size = n.parameters.find((p) => p.name === 'size');
  ok(size.unit && size.default === '1280x720' && size.min === 16 && size.max === 8192 && size.runtime === false && size.help, 'a parameter has type, unit, default, range and help');
  ok(Array.isArray(n.devices), 'and the devices that it finds');
  const all = JSON.parse(loquat('inspect', '--json').out);
  if (all.nodes.some((x) => x.id === 'capture.file'))
    ok(/required/.test(loquat('inspect', 'capture.file').out), 'formats that depend on a parameter are not known');
}

const profile = path.join(dir, 'run.json');
fs.writeFileSync(profile, JSON.stringify({ loquat_profile: 1, name: 'run', graphs: { run: {
  nodes: { cam: { use: 'capture.pattern', params: { size: '320x180' } }, out: { use: 'render.null' } }, chains: [['cam', 'out']] } } }));

async function loaded() {
  const p = start('loquat', ['run', profile, '--seconds', '60', '--stats'], { env });
  const maps = () => new Set(fs.readFileSync(`/proc/${p.pid}/maps`, 'utf8').match(/[^/\s]+\.so\b/g));
  const deadline = Date.now() + 20000;
  while (!maps().has('null.so') && Date.now() < deadline && p.exitCode === null)
    await new Promise((r) => setImmediate(r));
  const files = maps();
  ok(files.has('testsrc.so') && files.has('null.so'), 'what a profile names is loaded', [...files].join(' '));
  const others = [...fs.readdirSync(ours), ...fs.readdirSync(broken)].filter((f) => f.endsWith('.so') && !['testsrc.so', 'null.so'].includes(f));
  ok(others.length > 10 && !others.some((f) => files.has(f)), 'and nothing else', others.filter((f) => files.has(f)).join(' '));
  await p.stop();
}

main(async () => { listed(); node(); await loaded(); });
