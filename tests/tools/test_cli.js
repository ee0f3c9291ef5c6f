// The loquat command: help, exit statuses, and errors that name the place.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, ok, run, main } = require('./harness.js');

const loquat = (...args) => run('loquat', args);

function profile(name, text) {
  const file = path.join(dir, name);
  fs.writeFileSync(file, typeof text === 'string' ? text : JSON.stringify(text));
  return file;
}

function help() {
  for (const c of ['demo', 'join', 'inspect', 'check', 'graph', 'top', 'ctl', 'run', 'token', 'new-plugin', 'validate-plugin']) {
    const h = loquat(c, '--help');
    ok(h.status === 0 && h.out.startsWith(`usage: loquat ${c}`) && h.err === '', `${c} --help prints its usage on stdout`);
    const w = loquat(c, '--no-such-option');
    ok(w.status === 2 && w.out === '' && w.err.includes(`loquat ${c} --help`), `${c} with an unknown option exits with 2 and says where help is`, w.err);
  }
  const none = loquat('dance');
  ok(none.status === 2 && none.err.includes('no command "dance"'), 'an unknown command is named', none.err);
  ok(/^loquat \d+\.\d+\.\d+\n$/.test(loquat('--version').out), '--version prints the version');
}

function inspect() {
  const all = JSON.parse(loquat('inspect', '--json').out);
  ok(all.nodes.some((n) => n.id === 'capture.pattern'), 'inspect --json lists capture.pattern');
  ok(all.plugins.every((p) => p.licence && p.version && p.file), 'each plugin has licence, version and file');
  ok(all.not_loaded.length === 0, 'all our own plugins load', JSON.stringify(all.not_loaded));
  const one = JSON.parse(loquat('inspect', '--json', 'capture.pattern').out);
  ok(one.parameters.some((p) => p.name === 'size' && p.type === 'size' && p.default), 'a node shows its parameters with type and default');
  const near = loquat('inspect', 'capture.patern');
  ok(near.status === 1 && near.err.includes('capture.pattern'), 'an unknown node is answered with the nearest', near.err);

  const broken = path.join(dir, 'plugins');
  fs.mkdirSync(broken);
  fs.writeFileSync(path.join(broken, 'torn.so'), 'this is no ELF file');
  const r = run('loquat', ['inspect'], { env: { ...process.env, LQ_PLUGIN_PATH: broken } });
  ok(r.status === 0 && r.out.includes('NOT LOADED') && r.out.includes('torn.so'), 'a plugin that cannot be loaded is listed with its reason', r.out);
}

function check() {
  for (const p of ['communication', 'live-broadcast', 'preview'])
    ok(loquat('check', p).status === 0, `the profile ${p} is right`, loquat('check', p).err);
  const node = (n) => ({ loquat_profile: 1, name: 't', graphs: { run: { nodes: { src: n, out: { use: 'render.null' } }, chains: [['src', 'out']] } } });
  const cases = [
    ['syntax.json', '{"loquat_profile": 1,', /syntax\.json:\d+/, 'a syntax error has file and line'],
    ['unknown.json', node({ use: 'capture.patern' }), /unknown\.json: graphs\.run\.nodes\.src.*capture\.pattern/, 'an unknown node has place and nearest name'],
    ['param.json', node({ use: 'capture.pattern', params: { siez: '1x1' } }), /param\.json: graphs\.run\.nodes\.src\.params\.siez.*size/, 'an unknown parameter too'],
    ['range.json', node({ use: 'codec.h264.enc', params: { bitrate: 90000000000 } }), /range\.json: graphs\.run\.nodes\.src\.params\.bitrate: 90000000000 exceeds maximum/,
      'a value out of range names the maximum'],
    ['chain.json', { loquat_profile: 1, name: 't', graphs: { run: { nodes: { a: { use: 'render.null' } }, chains: [['b', 'a']] } } }, /chain\.json: graphs\.run\.chains.*"?b"?/,
      'a chain through an unknown node is named'],
  ];
  for (const [name, text, wanted, what] of cases) {
    const r = loquat('check', profile(name, text));
    ok(r.status === 1 && wanted.test(r.err), what, r.err);
  }
  const chain = (...nodes) => ({ loquat_profile: 1, name: 't', graphs: { run: {
    nodes: Object.fromEntries(nodes.map((n, i) => [`n${i}`, n])), chains: [nodes.map((n, i) => `n${i}`)] } } });
  const formats = loquat('check', profile('formats.json', chain({ use: 'capture.pattern', params: { size: '640x360', fps: '25/1' } }, { use: 'codec.vp8.enc' }, { use: 'render.null' })));
  ok(formats.status === 0 && /run\/n0\.out -> run\/n1\.in: video\/raw I420 640x360@25\n.*run\/n1\.out -> run\/n2\.in: video\/vp8 640x360@25\n/.test(formats.out),
    'the format of each link is told', formats.out + formats.err);
  const both = loquat('check', profile('mismatch.json', chain({ use: 'capture.pattern' }, { use: 'codec.vp8.enc' }, { use: 'codec.h264.dec' }, { use: 'render.null' })));
  ok(both.status === 1 && /mismatch\.json: .*no common format|mismatch\.json: .*does not take/.test(both.err), 'ends that have no format in common are an error', both.out + both.err);
  const file = { loquat_profile: 1, name: 't', graphs: { run: { nodes: { f: { use: 'capture.file', params: { file: '/nonexistent.mp4' } }, out: { use: 'render.null' } },
    chains: [['f.video', 'out']] } } };
  const absent = loquat('check', profile('absent.json', file));
  ok(absent.status === 0 && /note: .*nonexistent\.mp4/.test(absent.out), 'what is not on this machine is a note', absent.out + absent.err);
  ok(loquat('check', '--quiet', profile('quiet.json', file)).out === `${path.join(dir, 'quiet.json')}: ok\n`, '--quiet says no more than ok');
  const none = loquat('check', path.join(dir, 'nothing.json'));
  ok(none.status === 1 && none.err.includes('nothing.json'), 'a missing file is named', none.err);
}

function graph() {
  const dot = loquat('graph', 'preview');
  ok(dot.status === 0 && dot.out.startsWith('digraph'), 'graph prints DOT', dot.err);
  const svg = path.join(dir, 'p.svg');
  if (run('dot', ['-V']).status === 0)
    ok(loquat('graph', 'preview', '-o', svg).status === 0 && fs.readFileSync(svg, 'utf8').includes('<svg'), 'graph -o FILE.svg draws it');
}

function runs() {
  const p = profile('run.json', { loquat_profile: 1, name: 'run', graphs: { run: {
    nodes: { cam: { use: 'capture.pattern', params: { size: '320x180' } }, out: { use: 'render.null' } }, chains: [['cam', 'out']] } } });
  const r = loquat('run', p, '--seconds', '1', '--stats');
  ok(r.status === 0 && /framesRendered\s+[1-9]/.test(r.out), 'run runs a graph and counts its frames', r.out + r.err);
  const bad = loquat('run', p, '--set', 'cam.size=99999999x1');
  ok(bad.status === 1 && bad.err.includes('size'), 'run --set is checked', bad.err);
}

function virtual() {
  const file = path.join(dir, 'v.mkv');
  const p = profile('virtual.json', { loquat_profile: 1, name: 'v', loops: { video: {}, audio: {}, out: {} }, graphs: { run: {
    nodes: { cam: { use: 'capture.pattern', loop: 'video', params: { size: '320x180', fps: '25/1' } }, venc: { use: 'codec.h264.enc' }, mic: { use: 'capture.tone', loop: 'audio' },
      high: { use: 'capture.tone', loop: 'audio', params: { rate: 44100, frequency: 880 } }, mix: { use: 'filter.audiomix', loop: 'audio' }, aenc: { use: 'codec.opus.enc' },
      file: { use: 'render.file', loop: 'out', params: { file: 'v.mkv' } } },
    chains: [['cam', 'venc', 'file.video'], ['mic', 'mix', 'aenc', 'file.audio'], ['high', 'mix']] } } });
  const record = (...args) => {
    const before = Date.now(), r = loquat('run', p, '--virtual', '--seconds', '30', '--stats', ...args);
    return { ...r, ms: Date.now() - before, bytes: r.status === 0 ? fs.readFileSync(file) : Buffer.alloc(0) };
  };
  const [a, b, other] = [record(), record(), record('--set', 'high.frequency=881')];
  ok(a.status === 0 && a.bytes.length > 100000 && a.bytes.equals(b.bytes) && a.out === b.out, 'run --virtual makes the same file and the same figures each time', a.err + b.err);
  ok(!a.bytes.equals(other.bytes), 'and another one of another profile');
  console.log(`# 30 s of media in ${a.ms} ms`);
  const cases = [[{ use: 'transport.webrtc' }, 'net.video', /run\/net: transport\.webrtc works with the network, whose time is real: it cannot run with --virtual/],
    [{ use: 'render.speaker' }, 'net', /run\/net: render\.speaker works with a device|render\.speaker/]];
  for (const [node, port, wanted] of cases) {
    const r = loquat('run', profile('real.json', { loquat_profile: 1, name: 'r', graphs: { run: { nodes: { src: { use: port === 'net' ? 'capture.tone' : 'codec.h264.enc' }, cam: { use: 'capture.pattern' }, net: node },
      chains: port === 'net' ? [['src', port]] : [['cam', 'src', port]] } } }), '--virtual');
    ok(r.status === 1 && wanted.test(r.err), `${node.use} is refused by --virtual`, r.err);
  }
}

function token() {
  const t = loquat('token', '--room', 'r', '--user', 'u', '--secret', 'geheim');
  const claims = JSON.parse(Buffer.from(t.out.split('.')[1] || '', 'base64url').toString() || '{}');
  ok(t.status === 0 && claims.room === 'r' && claims.sub === 'u' && claims.app === 'loquat' && claims.exp > Date.now() / 1000, 'token prints a JWT with its claims');
  const n = run('loquat', ['token', '--room', 'r'], { env: { ...process.env, LQ_SECRET: '' } });
  ok(n.status === 2 && n.err.includes('LQ_SECRET'), 'without a secret it says where to give one', n.err);
}

main(async () => { help(); inspect(); check(); graph(); runs(); virtual(); token(); });
