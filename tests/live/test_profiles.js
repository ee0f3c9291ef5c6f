// live-broadcast is another sound and another picture than communication: what both profiles make of the same sources, side by side.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { top, ok, start, run, have, main } = require('../tools/harness.js');
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
  return { ...examine(out), audioRate: rate('a'), videoRate: rate('v'), merged };
}

main(async () => {
  have('ffprobe');
  const [call, live] = await Promise.all([record('communication'), record('live-broadcast')]);
  const text = JSON.stringify({ call: { ...call, merged: 0 }, live: { ...live, merged: 0 } });
  ok(live.audio.channels === 2 && live.audio.rate === 48000, 'live-broadcast: stereo, 48 kHz', text);
  ok(live.audioRate > 3 * call.audioRate && live.audioRate > 120000, 'live-broadcast: sound with the rate of music', text);
  ok(live.videoRate > 1.4 * call.videoRate, 'live-broadcast: pictures with a higher rate', text);
  ok(call.video.keys === 1 && live.video.keys >= 6 && Math.abs(live.video.key_gap - 2) < 0.1, 'live-broadcast: a key frame every two seconds; communication: only when asked for', text);
  const ms = (p, q) => p.merged.graphs[q[0]].queues[q[1]].ms;
  for (const q of [['publish', 'aenc->net'], ['publish', 'venc->net'], ['subscribe', 'net->adec'], ['subscribe', 'net->vdec']])
    ok(ms(live, q) >= 4 * ms(call, q), `live-broadcast: ${q[1]} holds four times as much`);
});
