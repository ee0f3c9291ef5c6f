// Start-up: `loquat inspect` with thirty plugins, without a cache and with one, beside gst-inspect-1.0 in the same run; and which of the thirty a
// process loads that opens a profile.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { dir, build, run, start } = require('../tests/tools/harness.js');

const ROUNDS = 15;
const median = (v) => [...v].sort((a, b) => a - b)[Math.floor(v.length / 2)];
const load = () => os.loadavg()[0].toFixed(2);

// libtool's program in the build tree is a script around this one.
const real = path.join(build, '.libs/loquat');
const loquat = fs.existsSync(real) ? real : 'loquat';
const cache = path.join(dir, 'cache');
const env = { ...process.env, XDG_CACHE_HOME: cache, GST_REGISTRY: path.join(cache, 'gst'), LQ_PLUGIN_PATH: thirty(), LD_LIBRARY_PATH: path.join(build, '.libs') };

// Thirty plugins: ours, and as many small ones as it takes, made of one of the tests' by another name.
function thirty() {
  const folder = path.join(dir, 'plugins'), ours = process.env.LQ_PLUGIN_PATH, small = path.join(build, 'tests/broken-plugins/.libs/good.so');
  const files = fs.readdirSync(ours).filter((f) => f.endsWith('.so'));
  fs.mkdirSync(folder);
  for (const f of files)
    fs.symlinkSync(path.join(ours, f), path.join(folder, f));
  for (let i = files.length; i < 30 && fs.existsSync(small); i++) {
    const text = fs.readFileSync(small, 'latin1').replaceAll('\0good\0', `\0go${String(i).padStart(2, '0')}\0`);
    fs.writeFileSync(path.join(folder, `small${i}.so`), text, 'latin1');
  }
  return folder;
}

function once(command, args) {
  const begin = process.hrtime.bigint();
  const r = run(command, args, { env });
  const ms = Number(process.hrtime.bigint() - begin) / 1e6;
  if (r.status !== 0)
    throw new Error(`${command}: ${r.err}`);
  return { ms, out: r.out };
}

// Rounds of both programs in turn, so that the machine's load meets both alike.
function measure(programs, cold) {
  const times = programs.map(() => []);
  for (let i = 0; i < ROUNDS; i++)
    programs.forEach(([command, args], k) => {
      if (cold)
        fs.rmSync(cache, { recursive: true, force: true });
      fs.mkdirSync(cache, { recursive: true });
      times[k].push(once(command, args).ms);
    });
  return times.map(median);
}

const programs = [[loquat, ['inspect']]];
const plugins = [JSON.parse(once(loquat, ['inspect', '--json']).out).plugins.length];
if (run('sh', ['-c', 'command -v gst-inspect-1.0']).status === 0) {
  programs.push(['gst-inspect-1.0', []]);
  plugins.push(Number(/(\d+) plugins/.exec(once('gst-inspect-1.0', []).out)[1]));
}
console.log(`host: ${os.cpus().length} cores, load ${load()}; median of ${ROUNDS}`);
for (const [name, cold] of [['without a cache', true], ['with a cache', false]]) {
  const [ours, theirs] = measure(programs, cold);
  const beside = theirs === undefined ? 'gst-inspect-1.0 is not installed'
    : `gst-inspect-1.0 ${theirs.toFixed(1)} ms (${plugins[1]} plugins, ${(theirs / plugins[1]).toFixed(2)} ms each); ratio ${(ours / theirs).toFixed(2)}, a plugin ${(ours / plugins[0] / (theirs / plugins[1])).toFixed(2)}`;
  console.log(`${name}: loquat inspect ${ours.toFixed(1)} ms (${plugins[0]} plugins, ${(ours / plugins[0]).toFixed(2)} ms each); ${beside}; load ${load()}`);
}

// A graph of two nodes; /proc says what is in the process while it runs.
async function loaded() {
  const file = path.join(dir, 'two.json');
  fs.writeFileSync(file, JSON.stringify({ loquat_profile: 1, name: 'two', graphs: { run: { nodes: { cam: { use: 'capture.pattern' }, out: { use: 'render.null' } }, chains: [['cam', 'out']] } } }));
  const p = start(loquat, ['run', file], { env: { ...env, XDG_RUNTIME_DIR: dir } });
  while (!fs.existsSync(path.join(dir, 'loquat', `${p.pid}.sock`)))
    await new Promise((r) => setTimeout(r, 10));
  const maps = fs.readFileSync(`/proc/${p.pid}/maps`, 'utf8');
  const names = fs.readdirSync(env.LQ_PLUGIN_PATH).map((f) => fs.realpathSync(path.join(env.LQ_PLUGIN_PATH, f))).filter((f) => maps.includes(f));
  await p.stop();
  console.log(`a process that opens a profile of two nodes has ${names.length} of ${plugins[0]} plugins in it: ${names.map((f) => path.basename(f, '.so')).join(', ')}`);
  process.exit(0);
}
loaded();
