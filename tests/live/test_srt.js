// SRT where the network is bad: packets get lost, the link takes half of what the media needs, the receiver goes away for a while, players come and go.
'use strict';
const fs = require('node:fs');
const { ok, run, start, have, main } = require('../tools/harness.js');
const { file, port, profile, stat, examine } = require('./live.js');
const { relay } = require('./relay.js');

const LONG = Boolean(process.env.LIVE_SECONDS), LOSSY = LONG ? 60 : 10, SLOW = LONG ? 20 : 8, OUTAGE = LONG ? 10 : 4; // s; bench/broadcast.js takes longer
const BITRATE = 2000000, LATENCY = 400; // ms

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const size = (name) => (fs.existsSync(name) ? fs.statSync(name).size : 0);
const noisy = { size: '320x180', bitrate: BITRATE, more: { cam: { pattern: 'noise' } } };

async function until(condition, what, ms = 40000) {
  for (const end = Date.now() + ms; !condition(); await wait(50))
    if (Date.now() > end)
      throw new Error(`it never came to that: ${what}`);
}

const receive = (p, out) => start('sh', ['-c', `exec srt-live-transmit -q 'srt://127.0.0.1:${p}?mode=listener' file://con > ${out}`]);
const send = (p, options, params = {}) => start('loquat', ['run', profile('transport.srt', { url: `srt://127.0.0.1:${p}`, latency: LATENCY, ...params }, options), '--stats']);

// What decoding complains of: all pictures from the first key frame to the last, or the last groups of them.
function errors(name, groups = Infinity) {
  const keys = run('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pos,flags', '-of', 'csv=p=0', name]).out.split('\n').filter((l) => l.includes('K')).map((l) => parseInt(l, 10));
  const part = `${name}.part.ts`;
  fs.writeFileSync(part, fs.readFileSync(name).subarray(keys[Math.max(0, keys.length - 1 - groups)], keys.at(-1)));
  return keys.length > 1 ? run('ffmpeg', ['-v', 'error', '-i', part, '-map', '0:v', '-f', 'null', '-']).err : 'no group is whole';
}

const in_step = (seen) => seen.pairs > 2 && Math.max(Math.abs(seen.skew_min_ms), Math.abs(seen.skew_max_ms)) <= 40 && seen.video.back === 0 && seen.audio.back === 0;

// Five of a hundred packets get lost each way, and all take 50 ms: nothing is missing in the end.
async function lossy() {
  const p = await port(), l = await relay(p, { loss: 0.05, delay: 50 }), out = file('lossy.ts'), receiver = receive(p, out), sender = send(l.port, {}, { latency: 1000 });
  await until(() => size(out) > 100000, 'the stream arrives');
  await wait(1000 * LOSSY); // of media
  await sender.stop();
  await receiver.stop();
  l.close();
  return async () => {
    const seen = await examine(out), text = JSON.stringify(seen), bad = errors(out), late = stat(sender)('buffersDropped', 'mic');
    ok(l.lost > 0.03 * l.packets && stat(sender)('packetsDropped') === 0 && stat(sender)('connections') === 1, 'lost packets: nothing is dropped for them', `${l.lost} of ${l.packets}: ${sender.log.slice(-1500)}`);
    ok(seen.audio.last - seen.audio.first > LOSSY - 3 && (late || seen.audio.gap < 0.15) && in_step(seen) && bad === '', 'lost packets: all arrives, whole and in step', `${text} ${bad.slice(0, 300)}`);
  };
}

// For a while the link takes half of what the media needs.
async function slow() {
  const p = await port(), l = await relay(p, { delay: 20 }), out = file('slow.ts'), receiver = receive(p, out), sender = send(l.port, noisy);
  await until(() => size(out) > 1000000, 'the stream arrives');
  const lost = l.lost, packets = l.packets, full = size(out);
  l.rate = BITRATE / 8 / 2;
  await sender.line((line) => /takes less than the media needs/.test(line), 30000);
  await wait(1000 * SLOW); // the time with the slow link
  const share = (l.lost - lost) / (l.packets - packets), narrow = size(out) - full;
  l.rate = Infinity;
  const began = size(out);
  await until(() => size(out) > began + 8 * BITRATE / 8, 'the stream is as fast as before', 90000);
  await sender.stop();
  await receiver.stop();
  l.close();
  return async () => {
    const s = stat(sender), seen = await examine(out), text = JSON.stringify(seen);
    ok(s('connections') === 1 && s('groupsDropped') >= 1 && s('packetsDropped') > 30, 'a slow link: whole groups of pictures are dropped and counted', sender.log.slice(-1500));
    ok(share < 0.25 && narrow > 0.5 * SLOW * BITRATE / 8 / 2, 'a slow link: no more is sent than it takes, and not much less', `${share} lost, ${narrow} bytes arrived`);
    ok(in_step(seen) && seen.audio.gap < 5, 'a slow link: sound goes on, picture and sound stay in step', text);
    const bad = errors(out, 1);
    ok(bad === '', 'a slow link: in the end the picture is whole again', bad.slice(0, 500));
  };
}

// The receiver is gone for some seconds.
async function gone() {
  const p = await port(), first = file('first.ts'), second = file('second.ts'), receiver = receive(p, first), sender = send(p, {}, { retry: 1000 });
  await until(() => size(first) > 100000, 'the stream arrives');
  await receiver.stop();
  await sender.line((line) => /trying again in/.test(line), 30000);
  await wait(1000 * OUTAGE); // nobody is there
  const again = receive(p, second);
  await until(() => size(second) > 600000, 'the stream arrives again');
  await sender.stop();
  await again.stop();
  return async () => {
    const s = stat(sender), seen = await examine(second), text = JSON.stringify(seen);
    ok(s('connections') === 2 && s('failures') >= 1 && s('packetsDropped') > 20 * OUTAGE && s('groupsDropped') >= 1, 'a receiver that comes back: what was lost is counted', sender.log.slice(-1500));
    ok(in_step(seen) && errors(second) === '', 'a receiver that comes back: the stream goes on at a key frame', `${text} ${sender.log.slice(0, 800)}`);
  };
}

// Players call, one after the other; one of them is killed.
async function players() {
  const p = await port(), sender = start('loquat', ['run', profile('transport.srt', { url: `srt://127.0.0.1:${p}`, mode: 'listener', latency: LATENCY }), '--stats']);
  const files = [];
  for (let i = 0; i < 3; i++) {
    const out = file(`player-${i}.ts`), player = start('sh', ['-c', `exec srt-live-transmit -q -a 1 'srt://127.0.0.1:${p}?mode=caller' file://con > ${out}`]);
    await until(() => size(out) > 700000, 'the player gets something');
    if (i === 1)
      player.kill('SIGKILL');
    await player.stop();
    files.push(out);
  }
  const end = await sender.stop();
  return async () => {
    const seen = await Promise.all(files.map(async (f, i) => ({ ...await examine(f), errors: i === 1 ? '' : errors(f) })));
    ok(end.code === 0 && stat(sender)('connections') === 3, 'players that come and go: each is let in', sender.log.slice(-1500));
    ok(seen.every((s) => s.video.frames > 30 && s.errors === '' && in_step(s)), 'players that come and go: each gets a stream from a key frame on', JSON.stringify(seen));
  };
}

main(async () => {
  have('ffmpeg', 'srt-live-transmit');
  for (const judge of await Promise.all([lossy(), slow(), gone(), players()])) // after all, since that would hold the links up
    await judge();
});
