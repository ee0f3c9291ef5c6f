// The control socket: looking into a running graph and changing it.
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { dir, ok, run, start, server, main } = require('./harness.js');

const runtime = path.join(dir, 'runtime');
fs.mkdirSync(runtime, { mode: 0o700 });
process.env.XDG_RUNTIME_DIR = runtime;
const folder = path.join(runtime, 'loquat');
const socketOf = (p) => path.join(folder, `${p.pid}.sock`);
const loquat = (...args) => run('loquat', args);
const until = async (what, condition) => {
  for (const end = Date.now() + 20000; !condition();) {
    if (Date.now() > end) throw new Error(`${what}: not within 20 s`);
    await new Promise((r) => setTimeout(r, 20));
  }
};

const profile = path.join(dir, 'two.json');
fs.writeFileSync(profile, JSON.stringify({ loquat_profile: 1, name: 'two', loops: { video: {}, audio: {}, out: {} }, graphs: { run: {
  nodes: { cam: { use: 'capture.pattern', loop: 'video', params: { size: '320x180', fps: '20/1' } }, show: { use: 'render.null', loop: 'out' },
    mic: { use: 'capture.tone', loop: 'audio' }, aenc: { use: 'codec.opus.enc' }, hear: { use: 'render.null', loop: 'out' } },
  chains: [['cam', 'show'], ['mic', 'aenc', 'hear']], queues: { 'cam->show': { policy: 'drop-oldest', buffers: 7 } } } } }));

async function running() {
  const p = start('loquat', ['run', profile]);
  await until('socket', () => fs.existsSync(socketOf(p)));
  return p;
}

// One connection; what is written, and all lines that come back until it closes or `lines` are there.
function talk(p, text, lines = 1) {
  return new Promise((resolve) => {
    const c = net.connect(socketOf(p)), end = () => { c.destroy(); resolve(all.split('\n').filter(Boolean).map((l) => JSON.parse(l))); };
    let all = '';
    c.on('data', (d) => { all += d; if (all.split('\n').length > lines) end(); });
    c.on('close', end);
    c.on('error', () => {});
    if (text) c.write(text);
  });
}

async function looks() {
  ok(loquat('ctl').out === 'nothing is running\n', 'ctl says that nothing runs');
  const none = loquat('graph', '--live');
  ok(none.status === 1 && /no `loquat run`, `join` or `demo` is running/.test(none.err), 'graph --live says that nothing runs', none.err);
  const p = await running();
  ok((fs.statSync(socketOf(p)).mode & 0o777) === 0o600 && (fs.statSync(folder).mode & 0o777) === 0o700, 'socket and folder are their owner\'s alone');
  const dot = loquat('graph', '--live');
  ok(dot.status === 0 && dot.out.startsWith('digraph') && /drop-oldest \d\/7\\npassed \d+, dropped 0/.test(dot.out), 'graph --live draws the only one that runs, with its queues', dot.out + dot.err);
  ok(/passed \d+/.test(loquat('graph', '--live', String(p.pid)).out), 'and one by its number');
  const svg = path.join(dir, 'live.svg');
  if (run('dot', ['-V']).status === 0)
    ok(loquat('graph', '--live', '-o', svg).status === 0 && fs.readFileSync(svg, 'utf8').includes('render.null'), 'as SVG, too');
  await top(p);
  await changes(p);
  await bounds(p);
  const end = await p.stop();
  ok(end.code === 0 && !fs.existsSync(socketOf(p)), 'the socket goes with its process', JSON.stringify(end) + p.log);
}

async function top(p) {
  const t = loquat('top', '--once', '--json'), look = JSON.parse(t.out || '{}');
  const link = (look.links || []).find((l) => l.from === 'run/cam');
  ok(look.pid === p.pid && link && link.queue.policy === 'drop-oldest' && link.queue.limit === 7 && link.passedPerSecond > 10 && link.passedPerSecond < 30,
    'top measures what flows through a link', JSON.stringify(link) + t.err);
  const cam = (look.nodes || []).find((n) => n.name === 'run/cam');
  ok(cam && cam.use === 'capture.pattern' && cam.loop === 'video' && cam.state === 'running' && cam.figures.some((f) => f.name === 'errors' && f.value === 0),
    'and knows the nodes', JSON.stringify(cam));
  const text = loquat('top', '--once', String(p.pid)).out;
  ok(/run\/cam +capture\.pattern +video +running/.test(text) && /run\/cam\.out -> run\/show\.in +drop-oldest +\d\/7/.test(text), 'for people it is two tables', text);
  const file = path.join(dir, 'watched.dot'), w = start('loquat', ['graph', '--live', '-o', file, '--watch']);
  const passed = () => (fs.existsSync(file) ? Number((/passed (\d+)/.exec(fs.readFileSync(file, 'utf8')) || [0, 0])[1]) : 0);
  await until('a drawing', () => passed() > 0);
  const before = passed();
  await until('another drawing', () => passed() > before);
  ok((await w.stop()).code === 0, '--watch draws again and again until it is stopped', w.log);
  ok(loquat('graph', '--live', '--watch').status === 2, '--watch needs a file');
}

async function changes(p) {
  const bitrate = () => JSON.parse(loquat('top', '--once', '--json').out).nodes.find((n) => n.name === 'run/aenc').figures.find((f) => f.name === 'targetBitrate').value;
  const before = bitrate(), set = loquat('ctl', 'set', 'aenc', 'bitrate', '12000');
  ok(set.status === 0 && before === 32000 && bitrate() === 12000, 'set changes a parameter of a running node', set.out + set.err);
  ok(loquat('ctl', String(p.pid), 'set', 'run/aenc', 'bitrate', '13000').status === 0, 'by its whole name, and by the process\'s number, too');
  const cases = [
    [['set', 'enc', 'bitrate', '1'], /there is no node "enc"; there are: .*run\/aenc/, 'an unknown node'],
    [['set', 'aenc', 'bitrat', '9000'], /run\/aenc.*bitrat.*bitrate/, 'an unknown parameter, with the nearest'],
    [['set', 'aenc', 'bitrate', '-5'], /bitrate.*-5.*minimum 6000/, 'a value out of range'],
    [['set', 'cam', 'size', '9x9'], /run\/cam\.size: /, 'a parameter for another instance that is out of range'],
    [['set', 'aenc'], /set takes NODE PARAM VALUE/, 'missing arguments'],
    [['dance'], /there is no command "dance"; there are: info, graph, dot, set/, 'an unknown command'],
    [['1', 'set', 'a', 'b', 'c'], /process 1 is none of those that can be asked/, 'a process that serves nothing'],
  ];
  for (const [args, wanted, what] of cases) {
    const r = loquat('ctl', ...args);
    ok(r.status === 1 && wanted.test(r.err) && r.out === '', `ctl refuses ${what}`, r.err + r.out);
  }
  ok(bitrate() === 13000, 'and what was refused changed nothing');
}

async function bounds(p) {
  for (const [text, wanted, what] of [['hello\n', /one JSON object/, 'no JSON'], ['[1]\n', /has a "cmd"/, 'no object'], ['{"cmd":"set","args":[1,2,3]}\n', /are strings/, 'numbers as arguments'],
    ['{"cmd":"set","args":"x"}\n', /takes NODE/, 'no array'], ['{"cmd":7}\n', /has a "cmd"/, 'no command'], ['[['.repeat(40000), /too long/, 'a line without an end']]) {
    const [a] = await talk(p, text);
    ok(a && a.ok === false && wanted.test(a.error), `an answer to ${what}`, JSON.stringify(a));
  }
  const many = await talk(p, '{"cmd":"info"}\n'.repeat(500), 500);
  ok(many.length === 500 && many.every((a) => a.ok && a.pid === p.pid), 'many requests on one connection are answered one by one', many.length);
  const idle = [];
  for (let i = 0; i < 8; i++) idle.push(await new Promise((r) => { const c = net.connect(socketOf(p), () => c.write('{"cmd":"info"}\n')); c.once('data', () => r(c)); }));
  const [ninth] = await talk(p, '');
  ok(ninth && /too many/.test(ninth.error), 'the ninth at a time is refused', JSON.stringify(ninth));
  idle.forEach((c) => c.destroy());
  await until('room again', () => loquat('ctl', 'set', 'aenc', 'bitrate', '14000').status === 0);
  ok(true, 'and served again when others have gone');
}

async function several() {
  const a = await running(), b = await running();
  const which = loquat('graph', '--live');
  ok(which.status === 1 && new RegExp(`${a.pid}  run .*two\\.json\n`).test(which.err) && which.err.includes(String(b.pid)), 'with several, they are listed to choose from', which.err);
  ok(loquat('top', '--once', String(b.pid)).status === 0, 'and each can be chosen');
  a.kill('SIGKILL');
  await a.ended;
  ok(fs.existsSync(socketOf(a)), 'a killed process leaves its socket');
  ok(loquat('graph', '--live').status === 0 && !fs.existsSync(socketOf(a)), 'which the next look takes away');
  const watching = start('loquat', ['top', String(b.pid)]);
  await watching.line((l) => l.includes('LINK'));
  await b.stop();
  ok((await watching.ended).code === 1 && /cannot be asked any more/.test(watching.log), 'top ends when its process has ended', watching.log.slice(-200));
  fs.chmodSync(folder, 0o755);
  const r = loquat('run', profile, '--seconds', '1');
  ok(r.status === 0 && /no control socket: .*ours alone/.test(r.err), 'in a folder that others can enter there is no socket, and the program runs', r.err);
  fs.chmodSync(folder, 0o700);
}

async function calls() {
  const s = await server(), join = (user) => start('loquat', ['join', '--server', s.url, '--room', 'control', '--user', user, '--headless', '--status-json']);
  const alice = join('alice'), bob = join('bob');
  await Promise.all([alice, bob].map((p) => p.line((l) => l.startsWith('{') && ((JSON.parse(l).video || {}).framesDecoded || 0) > 20)));
  const dot = loquat('graph', '--live', String(alice.pid));
  ok(/transport\.webrtc/.test(dot.out) && /codec\.h264\.dec/.test(dot.out), 'graph --live draws a call', dot.err);
  const look = JSON.parse(loquat('top', '--once', '--json', String(alice.pid)).out);
  ok(look.links.some((l) => /bob/.test(l.to) && l.passedPerSecond > 10), 'top shows what comes from the other', JSON.stringify(look.links));
  const set = loquat('ctl', String(alice.pid), 'set', 'venc', 'bitrate', '300000');
  ok(set.status === 0, 'set reaches a node of a call', set.err);
  await Promise.all([alice.stop(), bob.stop(), s.process.stop()]);
  ok(fs.readdirSync(folder).length === 0, 'and nothing is left', fs.readdirSync(folder).join());
}

async function demo() {
  const d = start('loquat', ['demo', '--headless', '--seconds', '0']);
  await d.line((l) => /\d s .*alice sees 640x360/.test(l));
  const dot = loquat('graph', '--live', String(d.pid));
  ok(dot.status === 0 && /transport\.webrtc/.test(dot.out) && /is a demo, which has no graph of its own: this is alice/.test(dot.err), 'a demo stands for its first participant', dot.err);
  const all = JSON.parse(loquat('ctl', '--json').out);
  ok(all.length === 3 && all.some((p) => p.what === 'join demo as bob'), 'and its participants can be chosen', JSON.stringify(all));
  await d.stop();
}

main(async () => { await looks(); await several(); await calls(); await demo(); });
