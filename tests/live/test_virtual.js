// Minutes of broadcast in seconds, from sources whose clocks drift far: nothing is lost, picture and sound stay in step, memory stays flat, and a run is the same each time.
// The hour is in bench/broadcast.js.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, ok, start, main, sanitized } = require('../tools/harness.js');
const { broadcast, examine } = require('./virtual.js');

const SECONDS = 180, PPM = 1000; // ten times what real clocks are off
const WINDOW = 2e6 / PPM / 30;   // s in which the pictures of camera and canvas have met at every distance twice

async function long() {
  const r = await broadcast('long', SECONDS, PPM), seen = await examine(r.file, WINDOW), v = seen.video || {}, a = seen.audio || {}, text = JSON.stringify(seen);
  ok(r.code === 0 && r.stat('packetsDropped', 'disk') === 0 && r.stat('packetsDropped', 'list') === 0 && r.stat('packetsSkipped', 'disk') === 0, 'nothing is dropped', r.log);
  ok(v.frames === SECONDS * 30 + 1 && v.back === 0 && a.back === 0 && v.gap < 0.034 && a.gap < 0.03 && a.last > SECONDS - 0.1, 'all pictures and sounds are there, each after the other', text);
  ok(Math.abs(v.key_gap - 2) < 0.001 && v.keys === SECONDS / 2 + 1, 'a key frame every two seconds', text);
  ok(seen.pairs > 0.8 * SECONDS && Math.abs(seen.skew_min_ms) <= 40 && Math.abs(seen.skew_max_ms) <= 40, 'picture and sound are in step', text);
  ok(Math.abs(seen.skew_last_ms - seen.skew_first_ms) < 20, 'and as much at the end as at the beginning', text);
  ok(sanitized || r.memory[4] - r.memory[2] < 2048, 'memory stays flat', `${r.memory} KiB`);
  const list = fs.readFileSync(r.list, 'utf8');
  ok(list.includes('#EXT-X-ENDLIST') && Number(list.match(/MEDIA-SEQUENCE:(\d+)/)[1]) >= SECONDS / 2 - 8, 'the playlist has moved on to the end', list);
}

async function same() {
  const [a, b] = await Promise.all([broadcast('once', 10, PPM), broadcast('again', 10, PPM)]);
  ok(a.code === 0 && fs.statSync(a.file).size > 100000 && fs.readFileSync(a.file).equals(fs.readFileSync(b.file)), 'each run writes the same file', a.log + b.log);
}

// FLV's times end after 24.8 days.
async function weeks() {
  const name = path.join(dir, 'weeks.json'), nodes = {
    cam: { use: 'capture.pattern', params: { size: '160x90', fps: '1/600' } }, venc: { use: 'codec.h264.enc' }, out: { use: 'transport.file', params: { url: path.join(dir, 'weeks.flv') } },
  };
  fs.writeFileSync(name, JSON.stringify({ loquat_profile: 1, name: 'weeks', graphs: { run: { nodes, chains: [['cam', 'venc', 'out.video']] } } }));
  const r = await start('loquat', ['run', name, '--virtual', '--seconds', String(30 * 86400)]).ended;
  const [first, second] = (await Promise.all(['weeks.flv', 'weeks-2.flv'].map((f) => examine(path.join(dir, f))))).map((s) => s.video || {});
  ok(r.code === 0 && first.last >= 24 * 86400 && first.last < 24.1 * 86400 && first.frames + second.frames === 30 * 144 && first.back === 0 && second.back === 0, 'a month of FLV: a part before its times end, and one behind', JSON.stringify([r, first, second]));
}

main(() => Promise.all([long(), same(), weeks()]));
