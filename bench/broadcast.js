// Live broadcast for longer than `make check` has time. Parts are chosen by name (all without): `node bench/broadcast.js outlets hour`. LIVE_SECONDS is how long each output of the
// first three sends (60), LIVE_MINUTES how long memory is watched in real time (5), LIVE_HOURS how long the virtual run is (1).
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { start, server, top, have } = require('../tests/tools/harness.js');
const { file, profile, profiles, hostProfile, stat, examine, port, rtmpServer, tlsFront, haveNginx, resident } = require('../tests/live/live.js');
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

// Where all outputs go: {name: [URL to give, file to read]}, and end(), after which the files are complete.
async function targets() {
  const [rtmp, http, srt] = [await port(), await port(), await port()], server = haveNginx() && await rtmpServer(rtmp, http), ts = file(`srt-${srt}.ts`);
  const receiver = start('sh', ['-c', `exec srt-live-transmit -q 'srt://127.0.0.1:${srt}?mode=listener' file://con > ${ts}`]);
  const all = { srt: [`srt://127.0.0.1:${srt}`, () => ts] };
  const of = (key) => () => server.recordings().find((f) => path.basename(f).startsWith(`${key}-`)), front = server && await tlsFront(rtmp);
  if (server)
    Object.assign(all, { rtmp: [`rtmp://127.0.0.1:${rtmp}/live/plain`, of('plain')], rtmps: [`rtmps://localhost:${front.port}/live/secure`, of('secure')] });
  for (const [name, ending] of [['hls', 'm3u8'], ['dash', 'mpd'], ['mp4', 'mp4'], ['mkv', 'mkv'], ['flv', 'flv']]) {
    const where = path.join(file(`${name}-${srt}`), `show.${ending}`);
    fs.mkdirSync(path.dirname(where));
    all[name] = [where, () => where];
  }
  return { all, cert: front?.cert, end: async () => { await receiver.stop(); if (server) { await server.process.stop(); front.close(); } } };
}

// Of a mix `places` are its hosts' parts of the picture: {name: place}.
async function table(all, dropped, places = {}) {
  const skew = (s) => `${s.skew_min_ms}, ${s.skew_ms}, ${s.skew_max_ms}`, names = Object.keys(places);
  say('output', 'codecs', 'size', 'seconds', 'pictures/s', 'longest gaps (s)', 'key frames every', 'times going back',
    ...(names.length ? names : ['']).map((n) => `${n && `${n}'s `}picture behind sound: least, median, most (ms)`), 'dropped');
  for (const [name, [, where]] of Object.entries(all)) {
    const s = await examine(where(), 60, Object.values(places)), v = s.video || {}, a = s.audio || {}, seconds = v.last - v.first;
    say(name, `${v.codec} ${a.codec}`, `${v.width}x${v.height}`, seconds.toFixed(1), (v.frames / seconds).toFixed(2), `${v.gap}, ${a.gap}`, `${v.key_gap} s`, v.back + a.back,
      ...(names.length ? names.map((n, i) => `${skew(s.places[i])} of ${s.places[i].pairs}`) : [skew(s)]), dropped(name));
  }
}

// One encoder feeds all outputs at once.
async function outlets() {
  const { all, cert, end } = await targets(), outs = {}, more = { hls: { window: 0 }, dash: { window: 0 }, rtmps: { ca_file: cert } };
  for (const [name, [url]] of Object.entries(all))
    outs[name] = { use: `transport.${['srt', 'rtmp', 'hls', 'dash'].includes(name) ? name : name === 'rtmps' ? 'rtmp' : 'file'}`, params: { url, ...more[name] } };
  const p = start('loquat', ['run', profiles(outs), '--seconds', String(SECONDS + 3), '--stats']);
  await p.ended;
  await end();
  await table(all, (name) => stat(p)('packetsDropped', name));
  say('pictures that the camera was too late for', stat(p)('framesDropped', 'cam'));
}

// Two hosts in a room, and `loquat broadcast`, which mixes them for all outputs at once. Each has half of the picture; bob flashes and chirps 0.4 s after ann, so that both are measured.
async function mix() {
  const s = await server(), { all, cert, end } = await targets(), recorded = ['mp4', 'mkv', 'flv'], room = ['--server', s.url, '--room', 'show'], marked = { bob: hostProfile({ mark: 400 }) };
  const hosts = ['ann', 'bob'].map((user) => start('loquat', ['join', ...room, '--user', user, '--headless', ...(marked[user] ? ['--devices', '--profile', marked[user]] : []), '--size', '640x360']));
  await Promise.all(hosts.map((h) => h.line((l) => /joined/.test(l), 60000)));
  const layout = { layout: 'regions', regions: [{ input: 'ann', x: 0, y: 0, w: 320, h: 360 }, { input: 'bob', x: 320, y: 0, w: 320, h: 360 }] };
  const p = start('loquat', ['broadcast', '--server', s.url, '--room', 'show', '--size', '640x360', '--layout', JSON.stringify(layout), '--seconds', String(SECONDS + 3), '--status-json', ...(cert ? ['--ca-file', cert] : []),
    ...Object.entries(all).flatMap(([name, [url]]) => [recorded.includes(name) ? '--record' : '--to', url])]);
  const { code } = await p.ended, figures = p.log.split('\n').filter((l) => l.includes('"figures"')).map((l) => JSON.parse(l)).pop();
  await end();
  await Promise.all(hosts.map((h) => h.stop()));
  await s.process.stop();
  const given = Object.keys(all).filter((name) => !recorded.includes(name)).concat(recorded);
  await table(all, (name) => figures?.targets[given.indexOf(name)]?.packetsDropped, { ann: '0,0,0.5,1', bob: '0.5,0,0.5,1' });
  say(`exit ${code}`, ...p.log.split('\n').filter((l) => /"code"|WARNING/.test(l)).slice(0, 10));
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
  const seconds = 3600 * HOURS, r = await virtual.broadcast('hour', seconds, 100), s = await examine(r.file, 333.3), v = s.video || {}, a = s.audio || {};
  say(`${HOURS} virtual hour(s)`, `took ${r.took.toFixed(0)} s`, `exit ${r.code}`, `pictures ${v.frames}`, `times going back ${v.back + a.back}`, `longest gaps ${v.gap}, ${a.gap} s`, `key frames every ${v.key_gap} s`);
  say('picture behind sound, ms', `first beat ${s.skew_first_ms}`, `last beat ${s.skew_last_ms}`, `least ${s.skew_min_ms}`, `most ${s.skew_max_ms}`, `drift ${(s.skew_last_ms - s.skew_first_ms).toFixed(1)}`);
  say('memory, KiB, most of each fifth', r.memory.join(', '), `dropped ${r.stat('packetsDropped', 'disk')}`, `${s.pairs} flashes with their chirp`);
}

const parts = {
  outlets, mix, memory, hour,
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
