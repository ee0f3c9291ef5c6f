// A browser and a native host in one mix, with VP8, H.264 and VP9: who is seen and heard, also when one leaves, comes back, and mutes camera and microphone.
'use strict';
const { spawnSync } = require('node:child_process');
const { ok, run, start, server, have, main } = require('../tools/harness.js');
const { file, examine } = require('./live.js');
const { requirements, launch } = require('../interop/browser.js');

const ROOM = 'show', FPS = 30, RATE = 48000;

// A native host: blue, with a steady tone.
function makeBlue() {
  const name = file('blue.mp4');
  run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'color=blue:size=320x180:rate=15', '-f', 'lavfi', '-i', 'sine=frequency=300', '-t', '60', '-c:v', 'libx264', '-c:a', 'aac', name]);
  return name;
}

// Chromium's camera is green, its microphone beeps twice a second; neither echo canceller nor gain control works on them.
async function host(browser, s, codec) {
  const page = await (await browser.newContext()).newPage();
  page.on('pageerror', (e) => console.error(`ann: ${e}`));
  await page.goto(`http://127.0.0.1:${s.port}/call.html`); // for its origin
  await page.evaluate(async ([url, room, codec]) => {
    const { Room } = await import('/loquat.js');
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const stream = await navigator.mediaDevices.getUserMedia({ audio, video: { width: 640, height: 360 } });
    window.room = new Room({ url, room, user: 'ann', codec, autoSubscribe: false });
    await window.room.join();
    await window.room.publish(stream);
  }, [s.url, ROOM, codec]);
  return page;
}

// The codec that the page's pictures leave with.
async function sends(page) {
  for (const end = Date.now() + 20000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const codec = await page.evaluate(async () => {
      const all = [...(await window.room.stats()).sending.values()], sent = all.find((r) => r.type === 'outbound-rtp' && r.kind === 'video' && r.framesSent);
      return all.find((c) => c.id === sent?.codecId)?.mimeType;
    });
    if (codec)
      return codec;
  }
  return 'nothing';
}

// A broadcast as loquatd starts it; say(command) -> its answer, stay(seconds): until so many more have been mixed.
function broadcast(words) {
  const p = start('loquat', ['broadcast', '--commands', '--status-json'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const parse = (l) => { try { return JSON.parse(l); } catch { return {}; } };
  const frames = () => Math.max(0, ...p.log.split('\n').map((l) => parse(l).frames || 0));
  let id = 0;
  const write = (o) => p.stdin.write(`${JSON.stringify(o)}\n`);
  p.say = async (o) => { const mine = ++id; write({ ...o, id: mine }); return parse(await p.line((l) => parse(l).event === 'answer' && parse(l).id === mine)); };
  p.stay = (seconds) => { const from = frames(); return p.line((l) => parse(l).frames >= from + seconds * FPS, 30000); };
  p.running = () => p.line((l) => parse(l).event === 'target' && parse(l).state === 'running');
  write({ command: 'start', room: ROOM, ...words });
  return p;
}

// Whose colour a place has: nothing but background is red.
function whose([r, g, b]) {
  const most = Math.max(r, g, b), name = most === g ? 'ann' : most === b ? 'bob' : 'nobody';
  return most > 80 && [r, g, b].filter((v) => v > most - 50).length === 1 ? name : `rgb(${r},${g},${b})`;
}

// What lasts: [{what, from, to}], seconds, of values that are `step` seconds apart.
function spans(values, step) {
  const out = [];
  values.forEach((what, i) => {
    if (out.at(-1)?.what !== what)
      out.push({ what, from: i * step });
    out.at(-1).to = (i + 1) * step;
  });
  return out;
}

const decode = (name, args) => spawnSync('ffmpeg', ['-v', 'error', '-i', name, ...args, '-'], { maxBuffer: 1 << 28 }).stdout;

// Who is at the left and at the right, picture by picture; what is shorter than a tenth of a second is the change itself.
function pictures(name) {
  const raw = decode(name, ['-vf', 'crop=iw:ih/8:0:ih*3/4,scale=4:1:flags=area', '-r', String(FPS), '-pix_fmt', 'rgb24', '-f', 'rawvideo']), out = [];
  for (let i = 0; i + 12 <= raw.length; i += 12)
    out.push([3, 6].map((at) => whose([...raw.subarray(i + at, i + at + 3)])).join(' '));
  return spans(out, 1 / FPS).filter((o) => o.to - o.from > 0.1);
}

// How many pictures a second are new in the right half, between two times.
function movement(name, { from, to }) {
  const raw = decode(name, ['-ss', String(from), '-t', String(to - from), '-vf', 'crop=iw/2:ih:iw/2:0,scale=32:36:flags=area', '-pix_fmt', 'gray', '-f', 'rawvideo']), size = 32 * 36;
  let n = 0;
  for (let i = size; i + size <= raw.length; i += size)
    n += raw.subarray(i, i + size).some((v, k) => Math.abs(v - raw[i - size + k]) > 20);
  return n / (to - from);
}

// How strong a pitch is in the samples from i on.
function level(s, i, n, hz) {
  let re = 0, im = 0;
  for (let k = 0; k < n; k++) {
    re += s[i + k] * Math.cos(2 * Math.PI * hz * k / RATE);
    im += s[i + k] * Math.sin(2 * Math.PI * hz * k / RATE);
  }
  return 2 * Math.hypot(re, im) / n;
}

// When a pitch is heard, seen in steps of `step` seconds: [{from, to}]; a silence of `pause` seconds ends it.
function heard(s, hz, step, pause) {
  const out = [], n = step * RATE;
  for (let i = 0; i + n <= s.length; i += n) {
    if (level(s, i, n, hz) < 0.03)
      continue;
    const at = i / RATE;
    if (!out.length || at - out.at(-1).to > pause)
      out.push({ from: at });
    out.at(-1).to = at + step;
  }
  return out;
}

// A beep is a square wave of 400 Hz, which has 1200 Hz as well.
function sounds(name) {
  const raw = decode(name, ['-ac', '1', '-ar', String(RATE), '-f', 'f32le']), s = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + (raw.length & ~3)));
  return { ann: heard(s, 1200, 0.01, 1.9), bob: heard(s, 300, 0.1, 1) };
}

async function show(s, browser, mix) {
  const nobody = { layout: 'grid', background: '#c02020' };
  let page = await host(browser, s, 'VP8'), sent = await sends(page);
  ok(sent === 'video/VP8', 'the browser sends VP8', sent);
  await mix.stay(3);
  await page.evaluate(() => window.room.leave());
  await page.context().close();
  await mix.stay(2);
  page = await host(browser, s, 'H264');
  sent = await sends(page);
  ok(sent === 'video/H264', 'the browser comes back with H.264', sent);
  await mix.stay(3);
  const mute = (kind, on) => page.evaluate(([k, m]) => window.room.mute(k, m), [kind, on]);
  await mute('video', true);
  await mix.stay(2);
  await mute('video', false);
  await mix.stay(2);
  await mute('audio', true);
  await mix.stay(3);
  await mute('audio', false);
  await mix.stay(2);
  const regions = { ...nobody, layout: 'regions', regions: [{ input: 'ann', x: 0, y: 0, w: 320, h: 360 }, { input: 'bob', x: 320, y: 0, w: 320, h: 360 }] };
  ok((await mix.say({ command: 'layout', layout: regions })).code === 'OK', 'places of their own');
  await mix.stay(1);
  for (const muted of [true, false]) {
    for (const kind of ['video', 'audio'])
      await fetch(`http://127.0.0.1:${s.port}/v1/rooms/${ROOM}/members/bob/mute`, { method: 'POST', body: JSON.stringify({ kind, stream: 'main', muted }) });
    await mix.stay(2);
  }
}

// Pictures first; sounds are held against them.
const SHOWN = ['bob bob', 'bob ann', 'bob bob', 'bob ann', 'bob bob', 'bob ann', 'ann bob', 'ann nobody', 'ann bob'];

function judge(name) {
  const seen = pictures(name), places = seen.filter(({ what }, i) => i || what !== 'nobody nobody'), text = JSON.stringify(seen), { ann, bob } = sounds(name), heardText = JSON.stringify({ ann, bob });
  if (!ok(places.map((p) => p.what).join() === SHOWN.join(), 'each tile shows who is there and has the camera on', text))
    return;
  const [, first, away, , covered, , , off] = places, end = places.at(-1).to, within = (t, p) => t.to > p.from + 0.5 && t.from < p.to - 0.5;
  const moves = [movement(name, first), movement(name, places[5])];
  ok(moves.every((m) => m > 8), 'the browser moves, with VP8 and with H.264', moves.join());
  ok(ann.length === 3 && !ann.some((t) => within(t, away)), 'the browser is heard while it is there and its microphone is on', heardText);
  ok(ann.some((t) => t.from < covered.from && t.to > covered.to), 'a muted camera does not mute the microphone', heardText + text);
  const silence = ann.length === 3 ? { from: ann[1].to, to: ann[2].from } : { from: 0, to: 0 };
  ok(silence.to - silence.from > 1.9 && silence.from > places[5].from && silence.to < places[6].from, 'a muted microphone leaves the picture', heardText + text);
  ok(bob.length === 2 && bob[1].to > end - 1, 'the native host is heard all the time, but not with a muted microphone', heardText);
  ok(bob.length === 2 && Math.abs(bob[0].to - off.from) < 1 && Math.abs(bob[1].from - off.to) < 1, 'where it has a place of its own, a muted camera leaves background', heardText + text);
}

main(async () => {
  have('ffmpeg');
  const tools = requirements(), s = await server(), browser = await launch(tools), mp4 = file('web.mp4'), hls = file('web.m3u8');
  const bob = start('loquat', ['join', '--server', s.url, '--room', ROOM, '--user', 'bob', '--headless', '--status-json', '--input', makeBlue(), '--codec', 'vp9', '--size', '320x180']);
  await bob.line((l) => l.includes('"joined":true'));
  const mix = broadcast({ server: s.url, size: '640x360', bitrate: 800000, record: [mp4], to: [hls], layout: { layout: 'grid', background: '#c02020' } });
  await mix.running();
  await show(s, browser, mix);
  ok((await mix.say({ command: 'stop' })).code === 'OK' && (await mix.ended).code === 0, 'it ends well', mix.log);
  await Promise.all([browser.close(), bob.stop()]);
  judge(mp4);
  for (const [name, where] of [['.mp4', mp4], ['HLS', hls]]) {
    const seen = await examine(where), v = seen.video || {}, a = seen.audio || {}, slow = v.gap > 0.2 ? v.gap : 0;
    ok(v.codec === 'h264' && a.codec === 'aac' && v.back === 0 && a.back === 0 && a.gap < 0.1 + slow && v.last - v.first > 6, `${name}: no timestamp goes back, no gap`, JSON.stringify(seen));
  }
});
