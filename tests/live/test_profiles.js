// live-broadcast is another sound and another picture than communication: what both profiles make of the same sources, side by side.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const http = require('node:http');
const { top, ok, start, run, server, have, main, sanitized } = require('../tools/harness.js');
const { file, examine } = require('./live.js');

const SECONDS = 12;
const read = (name) => JSON.parse(fs.readFileSync(path.join(top, 'profiles', `${name}.json`), 'utf8'));

// RFC 7386
function merge(to, patch) {
  for (const [k, v] of Object.entries(patch))
    if (v === null) delete to[k];
    else to[k] = typeof v === 'object' && !Array.isArray(v) ? merge(typeof to[k] === 'object' && !Array.isArray(to[k]) ? to[k] : {}, v) : v;
  return to;
}

// The profile's publish graph, from test sources and into a file.
async function record(name) {
  const merged = read(name).extends ? merge(read(read(name).extends), read(name)) : read(name);
  const { nodes, queues } = merged.graphs.publish, out = file(`${name}.mkv`), profile = file(`${name}.json`);
  const own = { mic: { use: 'capture.tone', loop: 'audio', params: { channels: 2 } }, cam: { ...nodes.cam, use: 'capture.pattern', params: { size: '640x360', fps: '30/1', pattern: 'noise' } } };
  fs.writeFileSync(profile, JSON.stringify({ loquat_profile: 1, name, loops: merged.loops, graphs: { run: {
    nodes: { ...own, aenc: { ...nodes.aenc }, venc: { ...nodes.venc, use: 'codec.h264.enc' }, net: { use: 'transport.file', loop: 'net', params: { url: out } } },
    chains: [['mic', 'aenc', 'net.audio'], ['cam', 'venc', 'net.video']], queues } } }));
  const p = start('loquat', ['run', profile, '--seconds', String(SECONDS)]);
  const { code } = await p.ended;
  ok(code === 0, `${name}: runs`, p.log);
  const rate = (type) => {
    const r = run('ffprobe', ['-v', 'error', '-select_streams', type, '-show_entries', 'packet=size', '-of', 'csv=p=0', out]);
    return 8 * r.out.split('\n').reduce((n, l) => n + (parseInt(l, 10) || 0), 0) / SECONDS;
  };
  return { ...await examine(out), audioRate: rate('a'), videoRate: rate('v'), merged };
}

// ---- while it runs ----

function member(url, room, user, args = []) {
  const p = start('loquat', ['join', '--room', room, '--server', url, '--user', user, '--headless', '--status-json', ...args]);
  p.lines = () => p.log.split('\n').filter((l) => l.startsWith('{')).map((l) => JSON.parse(l));
  p.events = (name) => p.lines().filter((l) => l.event === name);
  p.statuses = () => p.lines().filter((l) => l.peers);
  p.seen = (test, ms = 60000) => p.line((l) => l.startsWith('{') && test(JSON.parse(l)), ms);
  p.peer = (name) => (p.lines().filter((l) => l.peers).pop().peers || []).find((o) => o.user === name);
  return p;
}

const profileOf = (url, room, profile) => new Promise((resolve, reject) => {
  const body = JSON.stringify({ profile });
  const r = http.request({ host: '127.0.0.1', port: new URL(url).port, method: 'POST', path: `/v1/rooms/${room}/profile`, headers: { 'content-length': body.length } }, (a) => { a.resume(); resolve(a.statusCode); });
  r.on('error', reject);
  r.end(body);
});

// What `who` receives of `from` in a few seconds: bit/s of sound, key frames a second.
async function rates(who, from, seconds = 5) {
  const at = () => ({ time: who.lines().filter((l) => l.peers).length, ...who.peer(from) });
  const before = at();
  await who.seen((l) => l.peers && who.lines().filter((m) => m.peers).length >= before.time + seconds);
  const after = at(), lines = after.time - before.time; // a line a second
  return { sound: 8 * (after.audio.bytesReceived - before.audio.bytesReceived) / lines, keys: (after.video.keyFramesReceived - before.video.keyFramesReceived) / lines };
}

// The same, and with a sanitizer, which slows a sender down, once the sound has come to that rate.
async function rates_above(least, ...args) {
  let r;
  for (let looks = 0; looks < (sanitized ? 6 : 1) && !((r = await rates(...args)).sound > least); looks++);
  return r;
}

// Ten times there and back, beside a room of the same size in which nothing changes: on a busy machine pictures stop in both.
async function while_running() {
  const s = await server(), names = ['ann', 'bob', 'eve'];
  const [changing, control] = ['changing', 'control'].map((room) => names.map((name) => member(s.url, room, name)));
  const all = [...changing, ...control];
  for (const p of all)
    await p.seen((l) => l.peers && l.peers.length === 2 && l.peers.every((o) => o.video.framesDecoded > 60 && o.audio.totalSamplesReceived > 48000));
  const call = await rates(changing[0], 'bob');
  const gaps = [];
  for (let i = 1; i <= 10; i++) {
    const profile = i % 2 ? 'live' : 'communication';
    ok(await profileOf(s.url, 'changing', profile) === 204, `change ${i}: over REST`);
    for (const p of changing)
      await p.seen(() => p.events('profile_live').length + p.events('profile_communication').length >= i);
    const before = all.map((p) => p.statuses().length);
    for (const [k, p] of all.entries())
      await p.seen(() => p.statuses().length >= before[k] + 2);
    const gap = (group) => Math.max(...group.flatMap((p) => p.statuses().slice(-2)).flatMap((l) => l.peers.map((o) => o.video.longestGap_ms)));
    gaps.push([gap(changing), gap(control)]);
  }
  ok(await profileOf(s.url, 'changing', 'live') === 204, 'live once more');
  await changing[0].seen(() => changing[0].events('profile_live').length === 6);
  const late = member(s.url, 'changing', 'late');
  await late.seen((l) => l.event === 'profile_live');
  await changing[0].seen((l) => l.peers && l.peers.some((o) => o.user === 'late' && o.video.keyFramesReceived > 0));
  const music = sanitized ? 80000 : 110000, least = Math.max(music, (sanitized ? 2 : 3) * call.sound), live = await rates_above(least, changing[0], 'bob', 7), newcomer = await rates_above(music, changing[0], 'late');
  console.log(`# sound: ${Math.round(call.sound / 1000)} kbit/s, then ${Math.round(live.sound / 1000)}, of a newcomer ${Math.round(newcomer.sound / 1000)}; key frames a second: ${call.keys}, then ${live.keys}`);
  ok(live.sound > least, 'while it runs: sound has the rate of music', JSON.stringify({ call, live }));
  ok(newcomer.sound > music, 'who comes later sends accordingly from the beginning', JSON.stringify(newcomer));
  ok(sanitized || (live.keys >= 0.35 && live.keys <= 0.8), 'while it runs: a key frame every two seconds', JSON.stringify({ call, live }));
  const stops = (k) => gaps.filter((g) => g[k] > 200).length;
  console.log(`# longest gaps between pictures after each change, ms: ${gaps.map((g) => Math.round(g[0])).join(' ')}; where nothing changes: ${gaps.map((g) => Math.round(g[1])).join(' ')}`);
  ok(sanitized || stops(0) <= Math.max(2, 2 * stops(1)), 'ten changes: no picture stops for more than 200 ms', `${stops(0)} times; where nothing changes ${stops(1)}`);
  ok(sanitized || changing.every((p) => !p.events('unpublished').length && !p.events('left').length && !/loquat join: (error|warning)/.test(p.log)), 'eleven changes: no stream goes', changing.map((p) => p.log.match(/.*(unpublished|error|warning).*/g)).join());
  await Promise.all([late, ...all].map((p) => p.stop()));
  await s.process.stop();
}

main(async () => {
  have('ffprobe');
  const [call, live] = await Promise.all([record('communication'), record('live-broadcast')]);
  const text = JSON.stringify({ call: { ...call, merged: 0 }, live: { ...live, merged: 0 } });
  ok(live.audio.channels === 2 && live.audio.rate === 48000, 'live-broadcast: stereo, 48 kHz', text);
  ok(live.audioRate > 3 * call.audioRate && live.audioRate > 120000, 'live-broadcast: sound with the rate of music', text);
  ok(live.videoRate > 1.4 * call.videoRate, 'live-broadcast: pictures with a higher rate', text);
  ok(call.video.keys <= (sanitized ? 4 : 2) && live.video.keys >= 5 && Math.abs(live.video.key_gap - 2) < 0.1 + (sanitized ? live.video.gap : 0), 'live-broadcast: a key frame every two seconds; communication: only when asked for', text);
  const ms = (p, q) => p.merged.graphs[q[0]].queues[q[1]].ms;
  for (const q of [['publish', 'aenc->net'], ['publish', 'venc->net'], ['subscribe', 'net->adec'], ['subscribe', 'net->vdec']])
    ok(ms(live, q) >= 4 * ms(call, q), `live-broadcast: ${q[1]} holds four times as much`);
  await while_running();
});
