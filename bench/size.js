// Size: the stripped core library with what it links, and the memory of a process in an audio-only call over a real loquatd, by whose it is. Beside
// GStreamer's core library, and a gst-launch process with comparable elements (test tone, Opus, RTP over UDP where its plugins are installed).
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { dir, build, run, start, server, main } = require('../tests/tools/harness.js');

const SETTLE_MS = 6000;
const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`;
const load = () => os.loadavg()[0].toFixed(2);
const has = (command) => run('sh', ['-c', `command -v ${command}`]).status === 0;

function stripped(file) {
  const out = path.join(dir, path.basename(file));
  if (run('strip', ['--strip-unneeded', '-o', out, fs.realpathSync(file)]).status !== 0)
    throw new Error(`${file} cannot be stripped`);
  return fs.statSync(out).size;
}

// All that a library needs, but for libc's own parts.
function closure(file) {
  const env = { ...process.env, LD_LIBRARY_PATH: path.join(build, '.libs') };
  return run('ldd', [file], { env }).out.split('\n').map((l) => (/=> (\/\S+)/.exec(l) || [])[1])
    .filter((f) => f && !/\/(libc|libm|libpthread|libdl|ld-linux[^/]*)\.so/.test(f));
}

function library(name, file) {
  const others = closure(file), size = stripped(file);
  const all = others.reduce((sum, f) => sum + stripped(f), size);
  console.log(`${name}: ${kib(size)} stripped; with ${others.length} other libraries ${kib(all)} (${others.map((f) => path.basename(f)).join(', ') || 'none'})`);
  return { size, all };
}

// Resident and proportional KiB of a process, by mapping.
function memory(pid, owner) {
  const sums = {};
  let who = '';
  for (const line of fs.readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const head = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+\s*(.*)$/.exec(line), value = /^(Rss|Pss):\s+(\d+) kB/.exec(line);
    if (head)
      who = owner(head[1]);
    else if (value)
      (sums[who] ||= { Rss: 0, Pss: 0 })[value[1]] += Number(value[2]);
  }
  sums.all = Object.values(sums).reduce((a, b) => ({ Rss: a.Rss + b.Rss, Pss: a.Pss + b.Pss }), { Rss: 0, Pss: 0 });
  return sums;
}

function print(name, sums) {
  const parts = Object.entries(sums).filter(([k]) => k !== 'all').map(([k, v]) => `${k} ${v.Rss}/${v.Pss}`);
  console.log(`${name}: RSS ${sums.all.Rss} KiB, PSS ${sums.all.Pss} KiB (RSS/PSS: ${parts.join(', ')}); load ${load()}`);
}

const ours = (file) => (/loquat-framework/.test(file) ? 'core' : /libloquat\.so/.test(file) ? 'SDK' : /\/plugins\//.test(file) ? 'plugins'
  : /\.so/.test(file) ? 'other libraries' : /\/loquat$/.test(file) ? 'program' : 'heap and stacks');
const theirs = (file) => (/libgst(reamer|base)-1/.test(file) ? 'core' : /gstreamer-1\.0\//.test(file) ? 'plugins' : /\.so/.test(file) ? 'other libraries'
  : /gst-launch/.test(file) ? 'program' : 'heap and stacks');
const settle = () => new Promise((r) => setTimeout(r, SETTLE_MS));

// A call without pictures: the publish graph has no camera, and the patch of --headless leaves the speaker out.
async function call() {
  const profile = path.join(dir, 'audio-only.json');
  fs.writeFileSync(profile, JSON.stringify({ loquat_profile: 1, name: 'audio-only', loops: { audio: {}, net: {} }, graphs: {
    shared: { nodes: { net: { use: 'transport.webrtc', loop: 'net' }, mix: { use: 'filter.audiomix', loop: 'audio' }, speaker: { use: 'render.null', loop: 'audio' } }, chains: [['mix', 'speaker']] },
    publish: { nodes: { mic: { use: 'capture.tone', loop: 'audio' }, aenc: { use: 'codec.opus.enc', loop: 'audio' } }, chains: [['mic', 'aenc', 'net.audio']] },
    subscribe: { nodes: { adec: { use: 'codec.opus.dec', loop: 'audio' } }, chains: [['net.audio', 'adec', 'mix']] } } }));
  const s = await server(), program = path.join(build, '.libs/loquat');
  const env = { ...process.env, LD_LIBRARY_PATH: path.join(build, '.libs') };
  const join = (user) => start(fs.existsSync(program) ? program : 'loquat',
    ['join', '--server', s.url, '--room', 'size', '--user', user, '--devices', '--status-json', '--profile', profile], { env });
  const people = ['alice', 'bob'].map(join);
  const heard = (l) => { try { return JSON.parse(l).audio.totalSamplesReceived > 48000; } catch { return false; } };
  await Promise.all(people.map((p) => p.line(heard)));
  await settle();
  const sums = memory(people[0].pid, ours);
  const loaded = fs.readFileSync(`/proc/${people[0].pid}/maps`, 'utf8').match(/[^/]+\.so(?=\n)/g).filter((f, i, a) => a.indexOf(f) === i);
  const mine = fs.readdirSync(process.env.LQ_PLUGIN_PATH).filter((f) => f.endsWith('.so') && loaded.includes(f));
  print(`loquat in an audio-only call (plugins ${mine.map((f) => f.replace('.so', '')).join(', ')})`, sums);
  await Promise.all(people.map((p) => p.stop()));
  await s.process.stop();
  return sums;
}

async function gstreamer() {
  if (!has('gst-launch-1.0')) {
    console.log('gst-launch-1.0 is not installed');
    return null;
  }
  const port = 20000 + process.pid % 20000;
  const rtp = ['rtpopuspay', 'udpsink', 'rtpjitterbuffer'].every((e) => run('gst-inspect-1.0', ['--exists', e]).status === 0);
  const between = rtp ? `! rtpopuspay ! udpsink host=127.0.0.1 port=${port} udpsrc address=127.0.0.1 port=${port} caps=application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000
    ! rtpjitterbuffer ! rtpopusdepay` : '';
  const p = start('gst-launch-1.0', `-q audiotestsrc is-live=true ! opusenc ${between} ! opusdec ! audiomixer ! fakesink sync=true`.split(/\s+/));
  let ended = false;
  p.ended.then(() => { ended = true; });
  await settle();
  if (ended)
    throw new Error(`gst-launch-1.0 ended: ${p.log}`);
  const sums = memory(p.pid, theirs);
  print(`gst-launch-1.0 with tone, Opus${rtp ? ', RTP over UDP' : ''} and mixer, without encryption${rtp ? ' and ICE' : ' and without a network'}`, sums);
  await p.stop();
  return sums;
}

main(async () => {
  console.log(`host: ${os.cpus().length} cores, load ${load()}`);
  const core = library('libloquat-framework.so', path.join(build, '.libs/libloquat-framework.so'));
  const file = run('sh', ['-c', 'ldconfig -p | sed -n "s/.*libgstreamer-1.0.so.0 .*=> //p" | head -1']).out.trim();
  if (file) {
    const other = library('libgstreamer-1.0.so', file);
    console.log(`ratio ${(core.size / other.size).toFixed(2)}, with other libraries ${(core.all / other.all).toFixed(2)}`);
  }
  const a = await call(), b = await gstreamer();
  if (b)
    console.log(`ratio RSS ${(a.all.Rss / b.all.Rss).toFixed(2)}, PSS ${(a.all.Pss / b.all.Pss).toFixed(2)}`);
  process.exit(0);
});
