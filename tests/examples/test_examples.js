// The example plugins, as somebody outside writes them: built against an installation, loaded, run in a graph and in a call.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, top, ok, run, start, server, main } = require('../tools/harness.js');
const { install, buildExample, profile } = require('./installed.js');

const strict = ['CFLAGS=-O1 -g -Wall -Wextra -Werror -pedantic', 'CXXFLAGS=-O1 -g -Wall -Wextra -Werror -pedantic'];

function builds(plugins) {
  for (const name of ['custom-capture', 'custom-renderer', 'encoded-capture']) {
    fs.copyFileSync(buildExample(name, `${name}.so`, ...strict), path.join(plugins, `${name}.so`));
    const lines = fs.readFileSync(path.join(top, 'examples', name, `${name}.c`), 'utf8').split('\n').length - 1;
    ok(lines <= 150, `${name}.c has ${lines} lines, 150 at most`);
  }
  const all = JSON.parse(run('loquat', ['inspect', '--json']).out);
  for (const id of ['capture.plasma', 'capture.chipcam', 'render.text'])
    ok(all.nodes.some((n) => n.id === id), `${id} is found`);
}

// The renderer's other self, from the C++ compiler, takes the place of the first.
function asCxx(plugins) {
  const so = buildExample('custom-renderer', 'custom-renderer-cxx.so', ...strict);
  fs.copyFileSync(so, path.join(plugins, 'custom-renderer.so'));
  ok(JSON.parse(run('loquat', ['inspect', '--json']).out).nodes.some((n) => n.id === 'render.text'), 'render.text built as C++17 is found');
}

const figure = (out, node, name) => Number((out.match(new RegExp(`run/${node}\\s+\\d+\\s+${name}\\s+(\\S+)`)) || [])[1]);

function graph(text) {
  const raw = profile('raw', { graphs: { run: { nodes: { cam: { use: 'capture.plasma', params: { size: '320x180' } }, out: { use: 'render.text', params: { file: text, columns: 60 } } },
    chains: [['cam', 'out']] } } });
  const r = run('loquat', ['run', raw, '--seconds', '1', '--stats']);
  ok(r.status === 0 && figure(r.out, 'out', 'framesRendered') > 0, 'the capture and the renderer run in a graph', r.out + r.err);
  ok(/^([ .:\-=+*#%@]{60}\n){16}/.test(fs.readFileSync(text, 'latin1')), 'the picture is there, in characters');

  const coded = profile('coded', { graphs: { run: { nodes: { cam: { use: 'capture.chipcam' }, dec: { use: 'codec.h264.dec' }, out: { use: 'render.null' } },
    chains: [['cam', 'dec', 'out']] } } });
  const c = run('loquat', ['run', coded, '--seconds', '2', '--stats']);
  ok(c.status === 0 && figure(c.out, 'dec', 'framesDecoded') > 10 && figure(c.out, 'dec', 'decodeErrors') === 0, "FFmpeg decodes the encoded capture's pictures",
    c.out + c.err);
}

// What an app would have: its own source and sink in a call, by a profile that lays them over the standard one.
function callProfile(camera, text) {
  const encoded = camera === 'capture.chipcam';
  return profile(`call-${camera}`, { extends: 'communication', graphs: {
    shared: { nodes: { speaker: { use: 'render.null' } } },
    publish: { nodes: { mic: { use: 'capture.tone' }, cam: { use: camera, params: encoded ? null : { size: '320x180' } }, ...(encoded && { venc: null, aec: null }) },
      ...(encoded && { chains: [['mic', 'aenc', 'net.audio'], ['cam', 'net.video']],
        queues: { 'cam->venc': null, 'venc->net': null, 'cam->net': { ms: 200, policy: 'drop-to-keyframe' } } }) },
    subscribe: { nodes: { window: { use: 'render.text', params: { file: text } } } } } });
}

const frames = (l) => { try { return JSON.parse(l).video.framesDecoded; } catch { return 0; } };

async function call(text) {
  const s = await server();
  const join = (user, camera) => start('loquat', ['join', '--server', s.url, '--room', 'plugins', '--user', user, '--devices', '--status-json', '--profile',
    callProfile(camera, `${text}.${user}`)]);
  const people = [join('ann', 'capture.chipcam'), join('ben', 'capture.plasma')];
  await Promise.all(people.map((p) => p.line((l) => frames(l) > 30)));
  const ends = await Promise.all(people.map((p) => p.stop()));
  ok(ends.every((e) => e.code === 0), 'an encoded and a raw capture meet in a call', JSON.stringify(ends) + people.map((p) => p.log.slice(-300)));
  for (const user of ['ann', 'ben'])
    ok(new Set(fs.readFileSync(`${text}.${user}`, 'latin1').split('\n')).size > 20, `${user}'s renderer drew the other's picture`);
  await s.process.stop();
}

main(async () => {
  const { plugins } = install();
  builds(plugins);
  graph(path.join(dir, 'picture.txt'));
  asCxx(plugins);
  graph(path.join(dir, 'picture.txt'));
  await call(path.join(dir, 'seen.txt'));
});
