// loquat publish: what others send, in a room, as native viewers and Chromium get it.
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { ok, run, start, server, have, main } = require('../tools/harness.js');
const { file, port, profile, broadcast, rtmpServer, haveNginx, listening } = require('./live.js');

let url, n = 0;

const lines = (p) => p.log.split('\n').filter((l) => l.startsWith('{')).map((l) => JSON.parse(l));

function publish(source, room, args = []) {
  const p = start('loquat', ['publish', source, '--room', room, '--server', url, '--user', 'pub', '--status-json', ...args]);
  p.figures = () => lines(p).filter((l) => l.event === 'figures').pop() || { video: { packetsPassed: 0 }, audio: {} };
  return p;
}

function viewer(room, args = []) {
  const p = start('loquat', ['join', '--room', room, '--server', url, '--user', `viewer${++n}`, '--no-publish', '--headless', '--status-json', ...args]);
  p.of = (l) => (l && (l.peers || []).find((peer) => peer.user === 'pub')) || null;
  p.last = () => p.of(lines(p).filter((l) => l.peers).pop());
  p.until = async (what, test, ms = 60000) => {
    let seen = null;
    await p.line((l) => l.startsWith('{') && l.includes('"peers"') && (seen = p.of(JSON.parse(l))) && test(seen), ms).catch((e) => { throw new Error(`${room}: not ${what}: ${e.message}`); });
    return seen;
  };
  return p;
}

const inStep = (s) => s.recent_av_skew_ms !== null && Math.abs(s.recent_av_skew_ms) <= 40;

// So much of it, and then in step: a busy machine makes a jitter buffer grow, and the other track follows.
async function come(v, name, frames, seconds) {
  const there = flowing(frames, seconds);
  await v.until('there', there);
  const s = await v.until('in step', (l) => there(l) && inStep(l), 30000).catch(() => v.last());
  if (!inStep(s) && s.audio.concealedSamples > 0.01 * s.audio.totalSamplesReceived) // sound waits longer than a picture is held back for it
    console.log(`# ${name}: the machine is too busy to judge: ${s.audio.concealedSamples} samples concealed, ${s.recent_av_skew_ms} ms`);
  else
    ok(inStep(s), `${name}: in step`, JSON.stringify(s));
  return s;
}

const flowing = (video, audio) => (s) => s.video.framesDecoded >= video && s.audio.totalSamplesReceived >= audio * 48000;

// Pictures in a second of sound, between two looks: a machine that stands still for a moment changes neither.
const speed = (a, b) => (b.video.framesDecoded - a.video.framesDecoded) / (b.audio.totalSamplesReceived - a.audio.totalSamplesReceived) * 48000;
const complete = (a, b) => Math.abs(speed(a, b) - 30) < 4 && b.video.packetsLost === a.video.packetsLost;

// ---- H.264 as it is ----

function nals(name) {
  const data = fs.readFileSync(name), out = [];
  let from = -1;
  for (let i = 0; (i = data.indexOf(Buffer.from([0, 0, 1]), i)) >= 0; i += 3) {
    if (from >= 0)
      out.push(data.subarray(from, data[i - 1] === 0 ? i - 1 : i));
    from = i + 3;
  }
  if (from >= 0)
    out.push(data.subarray(from));
  return out;
}

const stream = (media) => {
  const raw = file(`${path.basename(media)}.h264`);
  run('ffmpeg', ['-v', 'error', '-y', '-i', media, '-map', '0:v', '-c', 'copy', '-f', 'h264', raw]);
  return nals(raw);
};

// The slices that have arrived are those of the file, one after the other, and each key frame has its parameter sets.
function compare(source, received) {
  const slices = (list) => list.filter((u) => [1, 5].includes(u[0] & 31)).map((u) => u.toString('base64'));
  const from = slices(stream(source)), all = stream(received), to = slices(all);
  let run_ = 0, best = 0, at = -1;
  for (const slice of to) {
    const next = at >= 0 && from[(at + 1) % from.length] === slice ? (at + 1) % from.length : from.indexOf(slice);
    run_ = at >= 0 && next === (at + 1) % from.length ? run_ + 1 : next >= 0 ? 1 : 0;
    best = Math.max(best, run_);
    at = next;
  }
  const types = all.map((u) => u[0] & 31);
  const bare = types.filter((t, i) => t === 5 && types[i - 1] !== 5 && !(types.slice(Math.max(0, i - 4), i).includes(7) && types.slice(Math.max(0, i - 4), i).includes(8))).length;
  return { slices: to.length, equal: best, bare };
}

async function as_it_is(clip) {
  const rec = file('as-it-is.mkv'), p = publish(clip, 'plain', ['--loop']), v = viewer('plain', ['--record', rec]);
  const first = await v.until('there', flowing(60, 2)), s = await come(v, 'a file, again and again', 480, 12);
  const f = p.figures();
  await v.stop();
  await p.stop();
  const c = compare(clip, rec), text = JSON.stringify({ ...c, first, s, f });
  ok(c.equal > 300 && c.bare === 0, 'a file: the bytes are those of the file, and key frames have their parameter sets', text);
  ok(f.video.packetsPassed > 400 && f.video.framesEncodedAnew < 0.3 * f.video.packetsPassed, 'a file: nothing is encoded anew, but for who comes between key frames', text);
  ok(complete(first, s), 'a file: at its own speed, without a gap', text);
}

// Who comes between two key frames, five seconds apart, has a picture soon all the same.
async function late(clip) {
  const p = publish(clip, 'late', ['--loop']), first = viewer('late');
  const begin = await first.until('there', flowing(60, 2));
  const had = p.figures().video.packetsPassed;
  await until(() => p.figures().video.packetsPassed > had + 15); // what the first one asked for is over
  const spells = p.figures().video.spells, v = viewer('late');
  await v.until('there', flowing(60, 1));
  const ms = lines(v).filter((l) => l.first_video_frame_ms).pop().first_video_frame_ms, f = p.figures(), before = first.last();
  console.log(`# late viewer, key frames 5 s apart: first picture after ${ms} ms`);
  ok(ms < 3000, 'long groups of pictures: a late viewer has a picture soon', `${ms} ms`);
  ok(f.video.spells > spells, 'long groups of pictures: encoded anew from the request on', JSON.stringify(f));
  ok(complete(begin, before), 'long groups of pictures: others notice nothing', JSON.stringify({ begin, before }));
  await Promise.all([p, first, v].map((c) => c.stop()));
}

async function b_frames(clip) {
  const p = publish(clip, 'b', ['--loop']), v = viewer('b');
  await come(v, 'B-frames', 360, 8);
  const f = p.figures();
  ok(/"warning".*B-frames/.test(p.log) && f.video.framesEncodedAnew > 300 && f.video.packetsPassed === 0, 'B-frames: encoded anew, and it is told', p.log.slice(0, 800));
  await Promise.all([p, v].map((c) => c.stop()));
}

// ---- what files are like ----

async function kinds() {
  const make = (name, args) => { const r = run('ffmpeg', ['-v', 'error', '-y', ...args, file(name)]); ok(r.status === 0, `made: ${name}`, r.err); return file(name); };
  const picture = (size) => ['-f', 'lavfi', '-i', `testsrc=size=${size}:rate=25:duration=20`], sound = (rate) => ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=${rate}:duration=20`];
  const cases = [
    ['44.1 kHz, mono, MPEG-4 of an odd size', make('odd.mp4', [...picture('353x289'), ...sound(44100), '-c:v', 'mpeg4', '-c:a', 'aac', '-ac', '1']), 30, 1, (s) => s.video.frameWidth === 352 && s.video.frameHeight === 288],
    ['VP8 of an odd size and Opus', make('odd.webm', [...picture('321x241'), ...sound(48000), '-c:v', 'libvpx', '-deadline', 'realtime', '-g', '25', '-c:a', 'libopus']), 30, 1, (s) => s.video.frameWidth >= 320, (f) => f.video.packetsPassed > 5 && f.audio.packetsPassed > 5],
    ['sound only', make('sound.m4a', [...sound(44100), '-c:a', 'aac']), 0, 2],
    ['picture only', make('silent.mp4', [...picture('320x240'), '-c:v', 'libx264', '-bf', '0', '-g', '50', '-pix_fmt', 'yuv420p']), 30, 0],
    ['H.264 of a phone held upright', make('upright.mp4', ['-i', file('silent.mp4'), '-c', 'copy', '-metadata:s:v', 'rotate=90']), 30, 0, (s) => s.video.frameWidth === 240 && s.video.frameHeight === 320, (f) => f.video.packetsPassed === 0],
    ['H.264 that browsers do not decode', make('444.mp4', [...picture('320x240'), '-c:v', 'libx264', '-bf', '0', '-pix_fmt', 'yuv444p']), 30, 0, (s) => s.video.frameWidth === 320, (f) => f.video.framesEncodedAnew > 5],
  ];
  await Promise.all(cases.map(async ([name, clip, frames, seconds, test = () => true, figures = () => true]) => {
    const room = `kind${++n}`, p = publish(clip, room, ['--loop']), v = viewer(room);
    const s = await v.until(name, flowing(frames, seconds)), f = p.figures();
    ok(test(s) && figures(f), name, JSON.stringify({ s, f, log: p.log.slice(0, 500) }));
    await Promise.all([p, v].map((c) => c.stop()));
  }));
  const p = publish(make('short.m4a', ['-f', 'lavfi', '-i', 'sine=duration=2', '-c:a', 'aac']), 'ends'), end = await p.ended;
  ok(end.code === 0 && /"ended"/.test(p.log), 'a file that ends is the end', p.log.slice(-500));
}

// ---- live ----

async function rtmp(clip) {
  if (!haveNginx())
    return console.log('skipped: nginx with RTMP is not installed');
  const at = await port(), web = await port(), source = `rtmp://127.0.0.1:${at}/live/in`;
  const send = () => start('ffmpeg', ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv', source]);
  let nginx = await rtmpServer(at, web), ffmpeg = send();
  await until(() => nginx.recordings().length);
  const p = publish(source, 'rtmp'), v = viewer('rtmp');
  await come(v, 'RTMP', 240, 6);
  nginx.process.kill('SIGKILL');
  ffmpeg.kill('SIGKILL');
  await p.line((l) => /trying again/.test(l), 60000);
  nginx = await rtmpServer(at, web);
  ffmpeg = send();
  const had = v.last().video.framesDecoded;
  await v.until('back', (s) => s.video.framesDecoded > had + 90);
  ok(!lines(v).some((l) => l.event === 'left') && lines(p).filter((l) => l.event === 'state' && l.state === 'running').length === 1, 'RTMP: a source that was gone comes back on the same track', p.log.slice(-800));
  await Promise.all([p, v, ffmpeg, nginx.process].map((c) => c.stop()));
}

async function srt(clip) {
  const udp = await port(), at = await port();
  const relay = start('srt-live-transmit', [`udp://127.0.0.1:${udp}`, `srt://127.0.0.1:${at}?mode=listener`]);
  const ffmpeg = start('ffmpeg', ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'mpegts', `udp://127.0.0.1:${udp}?pkt_size=1316`]);
  const p = await insisting(() => publish(`srt://127.0.0.1:${at}`, 'srt')), v = viewer('srt');
  await come(v, 'SRT', 240, 6);
  await Promise.all([p, v, ffmpeg, relay].map((c) => c.stop()));
}

// Until its source is there.
async function insisting(begin) {
  for (let tries = 0; ; tries++) {
    const p = begin(), over = await Promise.race([p.ended, p.line((l) => /"running"/.test(l), 60000)]);
    if (typeof over === 'string' || tries === 20)
      return p;
  }
}

async function rtsp(clip) {
  const s = start('/usr/bin/python3', [path.join(__dirname, 'rtsp.py'), clip]), said = await s.line((l) => /^(port \d+|none)|Error/.test(l));
  if (!said.startsWith('port'))
    return console.log('skipped: no RTSP server');
  const p = publish(`rtsp://127.0.0.1:${said.slice(5)}/clip`, 'rtsp'), v = viewer('rtsp');
  await come(v, 'RTSP', 120, 3);
  await Promise.all([p, v, s].map((c) => c.stop()));
}

// ffmpeg calls us.
async function called(clip) {
  const at = await port(), source = `rtmp://127.0.0.1:${at}/live/key`, p = publish(`${source}?listen`, 'called'), v = viewer('called');
  await p.line((l) => /"running"/.test(l), 60000);
  await listening(at).catch(() => {});
  let ffmpeg = start('ffmpeg', ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv', source]);
  ffmpeg.ended.then(function again({ code }) { if (code === 1 && p.exitCode === null) (ffmpeg = start('ffmpeg', ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv', source])).ended.then(again); });
  const s = await v.until('there', flowing(120, 3));
  ok(s.video.frameWidth === 640, 'RTMP, waited for: ffmpeg publishes straight into the room', JSON.stringify(s));
  await p.stop();
  await Promise.all([v, ffmpeg].map((c) => c.stop()));
}

async function errors() {
  const garbage = file('garbage.mp4'), web = http.createServer((q, a) => a.writeHead(401).end());
  fs.writeFileSync(garbage, 'words and no media '.repeat(1000));
  await new Promise((resolve) => web.listen(0, '127.0.0.1', resolve));
  const cases = [
    ['a file that is not there', file('nothing.mp4'), /no such folder or file/], ['a file that is none', garbage, /neither sound nor picture/],
    ['a server that is not there', 'rtmp://127.0.0.1:9/live/secret', /rtmp:\/\/127\.0\.0\.1:9\/live\/: nobody listens there/],
    ['a server that asks who it is', `http://127.0.0.1:${web.address().port}/x.ts`, /user and password are wanted/],
  ];
  await Promise.all(cases.map(async ([name, source, expected]) => {
    const p = publish(source, 'errors', ['--user', `e${++n}`]), end = await p.ended;
    ok(end.code === 1 && expected.test(p.log) && !/secret/.test(p.log), name, p.log.slice(0, 600));
  }));
  web.close();
  const usage = run('loquat', ['publish', garbage]);
  ok(usage.status === 2 && /--room/.test(usage.err), 'without a room: wrong usage', usage.err);
}

async function chromium(clip) {
  let b;
  try { b = require('../interop/browser.js'); require('../interop/node_modules/playwright-core'); } catch { return console.log('skipped: no playwright'); }
  const have_browser = ['chromium', 'chromium-browser', 'google-chrome'].some((c) => run('sh', ['-c', `command -v ${c}`]).status === 0);
  if (!have_browser)
    return console.log('skipped: no Chromium');
  const p = publish(clip, 'web', ['--loop']), browser = await b.launch(b.requirements());
  try {
    const page = await b.join(browser, new URL(url).port, { room: 'web', name: 'eve' });
    const seen = await b.sees(page, 'pub'), heard = await b.hears(page, 'pub');
    ok(seen.width === 640 && seen.height === 360 && heard, 'Chromium sees and hears it', JSON.stringify({ seen, heard }));
  } finally {
    await browser.close();
  }
  await p.stop();
}

async function until(condition, ms = 30000) {
  for (const end = Date.now() + ms; !condition();) {
    if (Date.now() > end)
      throw new Error('it never came to that');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

main(async () => {
  have('ffmpeg', 'ffprobe');
  const room = await server();
  url = room.url;
  const plain = file('plain.mp4'), b = file('b-frames.mp4'), long = file('long.mp4');
  const made = await broadcast(profile('transport.file', { url: plain }), 8);
  ok(made.code === 0, 'a clip to send', made.log);
  run('ffmpeg', ['-v', 'error', '-i', plain, '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-g', '60', '-c:a', 'copy', b]);
  run('ffmpeg', ['-v', 'error', '-stream_loop', '2', '-i', plain, '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0', '-g', '150', '-sc_threshold', '0', '-c:a', 'copy', long]);
  await Promise.all([errors(), as_it_is(plain), kinds(), called(plain)]);
  await Promise.all([late(long), b_frames(b), rtmp(plain)]);
  await Promise.all([run('sh', ['-c', 'command -v srt-live-transmit']).status === 0 ? srt(plain) : console.log('skipped: srt-live-transmit is not installed'), rtsp(plain), chromium(plain)]);
  await room.process.stop();
});
