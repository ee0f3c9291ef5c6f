// Whoever comes up is in the mix, and so is a guest from another room: of three pictures on a grid the lowest stands in the middle, with nothing beside it; of two and of four nothing is left free.
'use strict';
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { ok, start, server, have, main, dir } = require('./harness.js');

const json = (l) => { try { return JSON.parse(l); } catch { return {}; } };
const sees = (user) => (l) => (json(l).peers || []).some((p) => p.user === user && p.video.framesDecoded > 5);

// The brightness of the lower left corner of each frame.
function corners(file) {
  return [...execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-vf', 'crop=60:40:0:320,scale=1:1:flags=area,format=gray', '-f', 'rawvideo', '-'])];
}

main(async () => {
  have('ffmpeg');
  const s = await server(['--debug', '--workers', '2']);
  const join = (user, room, ...more) => start('loquat', ['join', '--server', s.url, '--room', room, '--user', user, '--headless', '--size', '320x180', '--status-json', ...more]);
  const file = path.join(dir, 'mix.mkv');
  const ann = join('ann', 'show', '--welcome'), dan = join('dan', 'show');
  await ann.line(sees('dan'));
  const mix = start('loquat', ['broadcast', '--server', s.url, '--room', 'show', '--record', file, '--size', '640x360', '--fps', '15', '--status-json']);
  const frames = () => Math.max(0, ...mix.log.split('\n').map((l) => json(l).frames || 0));
  const goesOn = (n) => { const from = frames(); return mix.line((l) => (json(l).frames || 0) > from + n, 60000); };
  await goesOn(45);
  const eve = join('eve', 'show', '--role', 'audience', '--raise-hand');
  await ann.line(sees('eve'), 40000);
  await goesOn(45);
  const bob = join('bob', 'kitchen');
  await bob.line((l) => json(l).joined);
  const added = await fetch(`${s.url.replace('ws', 'http')}/v1/rooms/show/guests`, { method: 'POST', body: JSON.stringify({ room: 'kitchen', user: 'bob' }) });
  ok(added.status === 201 && (await added.json()).guest === 'bob@kitchen', 'a guest is brought');
  await ann.line(sees('bob@kitchen'), 40000);
  await goesOn(45);
  const ends = [await mix.stop(), ...await Promise.all([ann, dan, eve, bob].map((p) => p.stop()))];
  ok(ends.every((e) => e.code === 0), 'all end in peace', JSON.stringify(ends));
  const light = corners(file), first = light.findIndex((v) => v > 25), dark = light.findIndex((v, i) => i > first && v < 8), again = light.findIndex((v, i) => i > dark && v > 25);
  ok(first >= 0 && dark > first && again > dark, 'the mix has two, three and four pictures', light.join(' '));
  // Those at the very end are of members that leave.
  ok(light.slice(-20, -8).every((v) => v > 8), 'the guest stays in it', light.slice(-20).join(' '));
  await s.process.stop();
});
