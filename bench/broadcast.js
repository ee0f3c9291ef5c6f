// Live broadcast for longer than `make check` has time. Parts are chosen by name (all without): `node bench/broadcast.js outlets hour`. LIVE_SECONDS is how long each output of the
// first three sends (60), LIVE_MINUTES how long memory is watched in real time (5), LIVE_HOURS how long the virtual run is (1).
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { start, top, have } = require('../tests/tools/harness.js');
const { file, profile, profiles, stat, examine, port, rtmpServer, haveNginx, resident } = require('../tests/live/live.js');
const virtual = require('../tests/live/virtual.js');

const SECONDS = Number(process.env.LIVE_SECONDS || 60), MINUTES = Number(process.env.LIVE_MINUTES || 5), HOURS = Number(process.env.LIVE_HOURS || 1);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (...cells) => console.log(cells.join(' | '));

// A test with its long times: how many of its statements hold, and which do not.
async function longer(name) {
  const p = start('node', [path.join(top, 'tests/live', name)], { env: { ...process.env, LIVE_SECONDS: String(SECONDS) } });
  await p.ended;
  say(name, ...p.log.split('\n').filter((l) => /^not ok|^skipped|passed,/.test(l)).map((l) => l.slice(0, 400)));
}

// One encoder feeds all outputs at once.
async function outlets() {
  const [rtmp, http, srt] = [await port(), await port(), await port()], server = haveNginx() && await rtmpServer(rtmp, http), ts = file('srt.ts');
  const receiver = start('sh', ['-c', `exec srt-live-transmit -q 'srt://127.0.0.1:${srt}?mode=listener' file://con > ${ts}`]);
  const outs = { srt: { use: 'transport.srt', params: { url: `srt://127.0.0.1:${srt}` } } };
  if (server)
    outs.rtmp = { use: 'transport.rtmp', params: { url: `rtmp://127.0.0.1:${rtmp}/live/show` } };
  for (const [name, use, url] of [['hls', 'transport.hls', 'show.m3u8'], ['dash', 'transport.dash', 'show.mpd'], ['mp4', 'transport.file', 'show.mp4'], ['mkv', 'transport.file', 'show.mkv'], ['flv', 'transport.file', 'show.flv']]) {
    fs.mkdirSync(file(name), { recursive: true });
    outs[name] = { use, params: { url: path.join(file(name), url), ...(name === 'hls' || name === 'dash' ? { window: 0 } : {}) } };
  }
  const p = start('loquat', ['run', profiles(outs), '--seconds', String(SECONDS + 3), '--stats']);
  await p.ended;
  await receiver.stop();
  await server?.process?.stop();
  say('output', 'codecs', 'size', 'seconds', 'pictures/s', 'key frames every', 'times going back', 'picture behind sound: least, median, most (ms)', 'dropped');
  const late = stat(p)('framesDropped', 'cam');
  for (const name of Object.keys(outs)) {
    const s = examine(name === 'srt' ? ts : name === 'rtmp' ? server.recordings()[0] : outs[name].params.url), v = s.video || {}, a = s.audio || {}, seconds = v.last - v.first;
    say(name, `${v.codec} ${a.codec}`, `${v.width}x${v.height}`, seconds.toFixed(1), (v.frames / seconds).toFixed(2), `${v.key_gap} s`, v.back + a.back, `${s.skew_min_ms}, ${s.skew_ms}, ${s.skew_max_ms}`, stat(p)('packetsDropped', name));
  }
  say('pictures that the camera was too late for', late);
}

// HLS in real time; resident memory after the first minute and at the end.
async function memory() {
  const p = start('loquat', ['run', profile('transport.hls', { url: file('memory.m3u8'), window: 6 }), '--seconds', String(60 * MINUTES + 5)]);
  const kib = [];
  for (let i = 0; i < MINUTES; i++) {
    await wait(60000);
    kib.push(resident(p.pid));
  }
  await p.ended;
  say(`${MINUTES} minutes of HLS in real time`, `KiB after each minute: ${kib.join(', ')}`);
}

// Two cameras and two microphones whose clocks are off by 100 ppm, mixed, on the virtual clock. Six minutes are a whole beat of 30.003 against 30 pictures a second.
async function hour() {
  const seconds = 3600 * HOURS, r = await virtual.broadcast('hour', seconds, 100), s = examine(r.file, 333.3), v = s.video || {}, a = s.audio || {};
  say(`${HOURS} virtual hour(s)`, `took ${r.took.toFixed(0)} s`, `exit ${r.code}`, `pictures ${v.frames}`, `times going back ${v.back + a.back}`, `longest gaps ${v.gap}, ${a.gap} s`, `key frames every ${v.key_gap} s`);
  say('picture behind sound, ms', `first beat ${s.skew_first_ms}`, `last beat ${s.skew_last_ms}`, `least ${s.skew_min_ms}`, `most ${s.skew_max_ms}`, `drift ${(s.skew_last_ms - s.skew_first_ms).toFixed(1)}`);
  say('memory, KiB, most of each fifth', r.memory.join(', '), `dropped ${r.stat('packetsDropped', 'disk')}`, `${s.pairs} flashes with their chirp`);
}

const parts = {
  outlets, memory, hour,
  each: () => longer('test_outlets.js'),       // 60 s through each outlet by itself, judged as in the tests
  trouble: () => longer('test_outlet_trouble.js'), // an outage of 10 s, 20 s of half the rate, ten kills of each kind of recording, full disks
  srt: () => longer('test_srt.js'),            // the same by SRT, and a minute of lost packets
  players: () => longer('test_players.js'),
};

(async () => {
  have('ffmpeg', 'srt-live-transmit');
  const chosen = process.argv.slice(2), unknown = chosen.filter((name) => !parts[name]);
  if (unknown.length) {
    console.error(`broadcast.js: no part "${unknown[0]}": ${Object.keys(parts).join(', ')}`);
    process.exit(2);
  }
  for (const name of chosen.length ? chosen : Object.keys(parts)) {
    const began = Date.now();
    console.log(`\n${name}: host with ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(2)}`);
    await parts[name]().catch((e) => console.log(`${name} failed: ${e.stack}`));
    console.log(`${name}: ${((Date.now() - began) / 1000).toFixed(0)} s, load ${os.loadavg()[0].toFixed(2)}`);
  }
  process.exit(0);
})();
