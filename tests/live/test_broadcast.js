// A room as one stream: two hosts, mixed once for an RTMP server, HLS, SRT and a file at the same time; layouts that change; one member's stream as it is; what goes wrong.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { ok, run, start, server, have, main, build } = require('../tools/harness.js');
const { file, port, examine, rtmpServer, tlsFront, haveNginx } = require('./live.js');

const ROOM = 'show', SECOND = 1000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A broadcast that is told what to do as loquatd tells it: {say(command) -> its answer, event(predicate), events()}.
function task(words) {
  const p = start('loquat', ['broadcast', '--commands', '--status-json'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let id = 0;
  const parse = (l) => { try { return JSON.parse(l); } catch { return {}; } };
  p.write = (o) => p.stdin.write(`${JSON.stringify(o)}\n`);
  p.event = async (predicate, ms = 40000) => parse(await p.line((l) => predicate(parse(l)), ms));
  p.say = (o) => { const mine = ++id; p.write({ ...o, id: mine }); return p.event((e) => e.event === 'answer' && e.id === mine); };
  p.events = () => p.log.split('\n').map(parse).filter((e) => e.event);
  p.write({ command: 'start', room: ROOM, ...words });
  return p;
}

const isState = (state) => (e) => e.event === 'state' && e.state === state;
const isTarget = (index, state) => (e) => e.event === 'target' && e.index === index && e.state === state;

// Brightness and colour (Y, U, V) of a place, 0 to 1, in the picture at a time of a recording.
function look(name, seconds, x, y) {
  const r = run('sh', ['-c', `ffmpeg -v error -ss ${seconds.toFixed(2)} -i ${name} -frames:v 1 -vf "crop=16:16:iw*${x}-8:ih*${y}-8,scale=1:1" -pix_fmt yuv444p -f rawvideo - | od -An -tu1`]);
  const [Y, U, V] = r.out.trim().split(/\s+/).map(Number);
  return { blue: U > 170 && V < 140, black: Y < 30 && Math.abs(U - 128) < 12 && Math.abs(V - 128) < 12, text: `${Y},${U},${V}` };
}

// Sizes, codecs, key frames and times of what came out. A machine that is too busy leaves pictures out and keeps others for long, so that flashes are missed, or seen again and again: then
// they say nothing of the skew, and a key frame comes with the next picture that there is.
function check(name, seen, { width = 640, height = 360, least, video = 'h264', audio = 'aac', key = 2.2, gap = 0.1 }) {
  const v = seen.video || {}, a = seen.audio || {}, text = JSON.stringify(seen);
  const starved = v.gap > 0.2 || seen.flashes > seen.chirps + 2;
  if (starved)
    console.log(`# ${name}: this machine is too busy: ${v.gap} s without a picture, ${seen.flashes} flashes, ${seen.chirps} chirps`);
  ok(v.codec === video && a.codec === audio && v.width === width && v.height === height && a.rate === 48000 && a.channels === 2, `${name}: codecs, size, rate`, text);
  ok(v.last - v.first >= least && a.last - a.first >= least, `${name}: all of it has arrived`, text);
  ok(v.back === 0 && a.back === 0 && a.gap < gap + (starved ? v.gap : 0), `${name}: no timestamp goes back, sound without a gap`, text);
  ok(v.keys > 2 && v.key_gap < key + (starved ? 2 * v.gap : 0), `${name}: a key frame every two seconds`, text);
  ok(starved || (seen.pairs >= 2 && Math.abs(seen.skew_ms) <= 40), `${name}: picture and sound are in step`, text);
}

// A host of another kind: blue, of another shape, with a steady tone.
function makeBlue() {
  const name = file('blue.mp4');
  run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'color=blue:size=320x240:rate=15', '-f', 'lavfi', '-i', 'sine=frequency=300', '-t', '4', '-c:v', 'libx264', '-c:a', 'aac', name]);
  return name;
}

const host = (s, user, ...more) => start('loquat', ['join', '--room', ROOM, '--server', s.url, '--user', user, '--headless', '--status-json', ...more]);

const WRONG = [
  [{ layout: 'star' }, 'EINVAL', 'layout: "layout" is one of grid, speaker, side-by-side, regions'],
  [{ layout: { layout: 'speaker', speaker: 'zoe' } }, 'ENOENT', 'layout.speaker: there is nobody called "zoe" in the room; there are: "alice", "bob"'],
  [{ layout: { regions: [{ input: 'bob', x: 600, y: 0, w: 160, h: 90 }] } }, 'ERANGE', 'layout.regions[0]: it reaches to 760,90, outside of the canvas of 640x360'],
  [{ layout: { colour: 'red' } }, 'EINVAL', 'layout: there is no "colour": a layout has layout, scale, gap, show_names, absent, background, speaker, names, regions'],
  [{ layout: '{"layout"' }, 'EPARSE', 'layout: line 1, column 9: \':\' expected near end of file'],
];

async function layouts(mix, times, bob) {
  const now = () => (Date.now() - times.begin) / SECOND;
  await pause(6 * SECOND);
  for (const [command, code, text] of WRONG) {
    const a = await mix.say({ command: 'layout', ...command });
    ok(a.code === code && a.text === text, `wrong layout: ${code}`, JSON.stringify(a));
  }
  times.corner = now();
  ok((await mix.say({ command: 'layout', layout: 'side-by-side' })).code === 'OK', 'a layout changes');
  await pause(2 * SECOND);
  times.beside = now();
  await bob.stop();
  await pause(2 * SECOND);
  times.alone = now();
  ok((await mix.say({ command: 'dance' })).code === 'EINVAL', 'an unknown command is answered');
}

// RTMPS to a server whose certificate is its own: to be trusted it has to be named.
async function trusted(s, rtmp) {
  const front = await tlsFront(rtmp), give = { server: s.url, give_up: 2, size: '320x180', to: [`rtmps://localhost:${front.port}/live/trusted`] }, no = task(give), yes = task({ ...give, ca_file: front.cert });
  await yes.event(isTarget(0, 'running'));
  const failed = await no.event(isTarget(0, 'failed'));
  ok(/certificate cannot be trusted/.test(failed.text), 'RTMPS: a certificate that nobody vouches for is refused', no.log);
  ok((await yes.say({ command: 'stop' })).code === 'OK' && (await yes.ended).code === 0, 'RTMPS: one that is named is trusted', yes.log);
  front.close();
}

// Broadcasts that cannot be, beside the one that can.
async function trouble(s, closed, refused) {
  const give = { server: s.url, give_up: 2, size: '320x180' };
  const dead = task({ ...give, to: [`rtmp://127.0.0.1:${closed}/live/secret`] }), no = task({ ...give, to: [refused], record: [file('other.mkv')] });
  const outside = task({ server: s.url, record: [file('no.mkv')], layout: { regions: [{ input: 'alice', x: 0, y: 0, w: 4000, h: 10 }] } }), webm = task({ server: s.url, record: [file('no.webm')] });
  const end = await dead.ended, last = dead.events().filter((e) => e.event === 'state').pop();
  ok(end.code === 1 && last.state === 'failed' && last.code === 'ECONN' && /nobody listens there/.test(last.text), 'an unreachable host: the cause, and exit status 1', dead.log);
  ok(!dead.log.includes('secret'), 'no stream key is shown', dead.log);
  const failed = refused ? await no.event(isTarget(0, 'failed')) : {};
  ok(failed.code === 'EPERM' && /application and the stream key/.test(failed.text), 'a refused stream: the cause', no.log);
  ok((await no.say({ command: 'stop' })).code === 'OK' && (await no.ended).code === 0 && (await examine(file('other.mkv'))).video.frames > 10, 'one target that fails does not end the other', no.log);
  const o = await outside.ended, why = outside.events().filter((e) => e.event === 'state').pop();
  ok(o.code === 1 && why.state === 'failed' && /regions\[0\]: it reaches to 4000,10, outside of the canvas/.test(why.text), 'a region outside of the canvas at the start', outside.log);
  ok((await webm.ended).code === 2 && /WebM holds no H.264/.test(webm.log), 'a container that cannot hold it', webm.log);
}

// A room that is empty at first, and whose server is gone for a while: what goes out goes on.
async function lost() {
  const p = await port(), args = ['--debug', '--host', '127.0.0.1', '--port', String(p)], name = file('lost.mkv'), url = `ws://127.0.0.1:${p}`;
  let d = start('loquatd', args);
  await d.line((l) => l.includes('"port"'));
  const b = task({ server: url, size: '320x180', record: [name] });
  await b.event(isTarget(0, 'running'));
  const begin = Date.now(), now = () => (Date.now() - begin) / SECOND;
  await pause(2 * SECOND);
  const empty = now() - 1, alice = start('loquat', ['join', '--room', ROOM, '--server', url, '--user', 'alice', '--headless', '--size', '320x180', '--status-json']);
  await alice.line((l) => { try { return JSON.parse(l).joined; } catch { return false; } });
  await pause(3 * SECOND);
  const there = now();
  d.kill('SIGKILL');
  await b.event((e) => e.event === 'state' && e.state === 'running' && e.code === 'ECONN');
  await pause(2 * SECOND);
  const gone = now();
  d = start('loquatd', args);
  const states = () => b.events().filter((e) => e.event === 'state');
  for (const end = Date.now() + 20 * SECOND; states().pop().code && Date.now() < end;) await pause(100);
  ok(!states().pop().code, 'the room is found again', b.log);
  await pause(4 * SECOND);
  ok((await b.say({ command: 'stop' })).code === 'OK' && (await b.ended).code === 0, 'and it ends well', b.log);
  const seen = await examine(name), text = JSON.stringify(seen), at = [empty, there, gone, seen.video.last - 0.5, seen.video.last - 0.02].map((t) => look(name, t, 0.5, 0.7));
  ok(at[0].black, 'an empty room is background', at[0].text);
  ok(!at[1].black && !at[2].black && !at[3].black, 'the last picture stays while the room is lost, and it moves on', at.map((l) => l.text).join(' '));
  ok(!at[4].black, 'it ends with who is there', at[4].text);
  ok(seen.audio.back === 0 && seen.video.back === 0 && seen.audio.gap < 0.1 + (seen.video.gap > 0.2 ? seen.video.gap : 0) && seen.video.last > gone + 3 && seen.audio.last > gone + 3, 'silence and pictures go on, no timestamp goes back', text);
  await Promise.all([alice.stop(), d.stop()]);
}

// An app that mixes and sends by the SDK alone.
async function example(s) {
  const name = file('app.mkv'), p = start(path.join(build, 'examples/broadcast'), [s.url, ROOM, name, '5']), end = await p.ended, seen = await examine(name);
  ok(end.code === 0 && /target: running/.test(p.log) && seen.video.width === 640 && seen.video.last > 2 && seen.audio.codec === 'aac', 'examples/broadcast: an app does the same by a profile patch',
    p.log + JSON.stringify(seen));
}

async function forwarded(s) {
  const mkv = file('alone.mkv'), p = task({ server: s.url, user: 'alice', record: [mkv, file('alone.mp4')], to: [file('www/alone.m3u8')] });
  await p.event((e) => e.event === 'figures' && e.seconds > 8);
  ok((await p.say({ command: 'layout', layout: 'grid' })).code === 'ENOTSUP', 'one stream has no layout');
  p.stdin.end();
  ok((await p.ended).code === 0, 'the end of its input ends it', p.log);
  return mkv;
}

// Access units of a file, by their MD5.
const units = (name) => run('ffmpeg', ['-v', 'error', '-i', name, '-map', '0:v', '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', '-f', 'framemd5', '-']).out.split('\n').filter((l) => l && l[0] !== '#')
  .map((l) => l.split(',').pop().trim());

main(async () => {
  have('ffmpeg', 'srt-live-transmit');
  if (!haveNginx())
    return console.log('skipped: nginx with RTMP is not installed');
  const s = await server(['--debug']), [p, http, srt, closed] = [await port(), await port(), await port(), await port()], nginx = await rtmpServer(p, http);
  fs.mkdirSync(file('www'));
  const receiver = start('sh', ['-c', `exec srt-live-transmit -q 'srt://127.0.0.1:${srt}?mode=listener' file://con > ${file('mix.ts')}`]);
  const alice = host(s, 'alice', '--size', '640x360', '--name', 'Alice'), bob = host(s, 'bob', '--input', makeBlue(), '--record', file('bob.mkv'));
  await Promise.all([alice, bob].map((h) => h.line((l) => l.includes('"joined":true'))));
  const mix = task({
    server: s.url, size: '640x360', bitrate: 800000, record: [file('mix.mp4')], to: [`rtmp://127.0.0.1:${p}/live/show`, file('www/mix.m3u8'), `srt://127.0.0.1:${srt}`],
    layout: { regions: [{ input: 'alice', x: 0, y: 0, w: 640, h: 360 }, { input: 'bob', x: 480, y: 270, w: 160, h: 90, z: 1 }, { input: 'zoe', x: 0, y: 270, w: 160, h: 90 }] },
  });
  const running = await mix.event(isState('running'));
  ok(running.code === 'ENOENT' && /regions\[2\].input: there is nobody called "zoe"/.test(running.text), 'who is named at the start may still come', mix.log);
  await mix.event(isTarget(3, 'running'));
  const times = { begin: Date.now() };
  const [mkv] = await Promise.all([forwarded(s), layouts(mix, times, bob), trouble(s, closed, `rtmp://127.0.0.1:${p}/closed/show`), trusted(s, p), example(s), lost()]);
  ok((await mix.say({ command: 'stop' })).code === 'OK' && (await mix.ended).code === 0, 'it stops when it is told to', mix.log.slice(-1500));
  ok(mix.events().filter((e) => e.event === 'figures').pop().targets.every((t) => t.packetsSent > 100 && t.packetsDropped === 0 && t.failures === 0), 'nothing dropped, nothing failed', mix.log.slice(-1500));
  await Promise.all([nginx.process.stop(), receiver.stop(), alice.stop()]);

  const whole = Math.floor(times.alone) - 2, mp4 = file('mix.mp4');
  const rtmp = nginx.recordings().find((f) => path.basename(f).startsWith('show'));
  for (const [name, where] of [['RTMP', rtmp], ['HLS', file('www/mix.m3u8')], ['SRT', file('mix.ts')], ['.mp4', mp4]])
    check(name, await examine(where), { least: name === 'HLS' ? 8 : whole });
  const corner = look(mp4, times.corner - 1, 0.9, 0.9), middle = look(mp4, times.corner - 1, 0.6, 0.5);
  ok(corner.blue && !middle.blue, 'regions: bob is in the corner, alice fills the rest', `${corner.text} ${middle.text}`);
  const right = look(mp4, times.beside, 0.75, 0.5), left = look(mp4, times.beside, 0.25, 0.5);
  ok(right.blue && !left.blue, 'side by side: bob has a half', `${right.text} ${left.text}`);
  const alone = look(mp4, times.alone, 0.75, 0.5);
  ok(!alone.blue && !alone.black, 'who stays has the place of who leaves', alone.text);
  ok(!/"joined","user":"(?!alice|bob)/.test(alice.log) && !/error|warning/.test(alice.log), 'nobody in the room notices', alice.log.slice(0, 2000));

  const sent = new Set(units(file('bob.mkv'))), got = units(mkv), both = got.slice(0, got.findLastIndex((u) => sent.has(u)) + 1); // bob left before its end
  ok(both.length > 100 && both.every((u) => sent.has(u)), 'one stream: byte for byte what the member sends', `${got.length} ${both.length} ${both.filter((u) => sent.has(u)).length}`);
  // Sound as it comes: what was lost on the way is missing. Where it is encoded anew there is silence instead.
  check('one stream, .mkv', await examine(mkv), { least: 4, audio: 'opus', key: 3, gap: 1 });
  check('one stream, .mp4', await examine(file('alone.mp4')), { least: 4, audio: 'opus', key: 3, gap: 1 });
  check('one stream, HLS', await examine(file('www/alone.m3u8')), { least: 4, key: 3 });
});
