// What the tests of live broadcast share: a broadcast of a test picture and sound, nginx as RTMP server, a link that can be slowed down and cut.
'use strict';
const dgram = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');
const { dir, build, run, start } = require('../tools/harness.js');

const file = (name) => path.join(dir, name);

// A port that was free a moment ago, never the same one twice, and none that the system gives to whoever asks for any.
const used = new Set();
const port = () => new Promise((resolve) => {
  const p = 10240 + Math.floor(Math.random() * 20000), s = net.createServer(), udp = dgram.createSocket('udp4');
  const again = () => { s.close(); udp.close(); resolve(port()); };
  if (used.has(p))
    return resolve(port());
  used.add(p);
  s.on('error', again);
  udp.on('error', again);
  s.listen(p, '127.0.0.1', () => udp.bind(p, '127.0.0.1', () => udp.close(() => s.close(() => resolve(p)))));
});

let made = 0;

// A profile of test picture and sound into transports, {name: {use, params, audio}}, from one encoder a codec; `more` are other nodes' parameters.
function profiles(outs, { video = 'codec.h264.enc', size = '640x360', bitrate = 1000000, more = {}, chains } = {}) {
  const name = file(`profile-${++made}.json`);
  const node = (u, loop, p) => ({ use: u, ...(loop ? { loop } : {}), params: p || {} });
  const nodes = {
    cam: node('capture.pattern', 'video', { size, fps: '30/1', ...more.cam }), venc: node(video, null, { bitrate, key_interval: 2, ...more.venc }),
    mic: node('capture.tone', 'audio', { channels: 2, ...more.mic }),
  };
  const links = [['cam', 'venc']];
  for (const [out, { use, params, audio = 'codec.aac.enc' }] of Object.entries(outs)) {
    const enc = audio === 'codec.aac.enc' ? 'aenc' : audio.replaceAll('.', '-');
    links.push(...(nodes[enc] ? [] : [['mic', enc]]), ['venc', `${out}.video`], [enc, `${out}.audio`]);
    Object.assign(nodes, { [enc]: node(audio), [out]: node(use, 'net', params) });
  }
  fs.writeFileSync(name, JSON.stringify({ loquat_profile: 1, name: 'broadcast', loops: { audio: {}, video: {}, net: {} }, graphs: { run: { nodes, chains: chains || links } } }));
  return name;
}

// A profile of a host for `loquat join --devices`, whose test picture and sound have parameters: `mark`, where in each second flash and chirp lie.
function hostProfile({ mark }) {
  const name = file(`profile-${++made}.json`), node = (use, loop) => ({ use, loop, params: { mark } });
  fs.writeFileSync(name, JSON.stringify({ loquat_profile: 1, name: 'host', extends: 'communication', graphs: { publish: { nodes: { mic: node('capture.tone', 'audio'), cam: node('capture.pattern', 'video') } } } }));
  return name;
}

const profile = (use, params, { audio, ...options } = {}) => profiles({ out: { use, params, audio } }, options);

// Runs it for so many seconds: {status, err, stat(name)}.
async function broadcast(profileName, seconds, args = []) {
  const p = start('loquat', ['run', profileName, '--stats', '--seconds', String(seconds), ...args]);
  const end = await p.ended;
  return { ...end, log: p.log, stat: stat(p) };
}

const stat = (p) => (name, node = 'out') => {
  const m = p.log.match(new RegExp(`^run/${node} +0 +${name} +(\\S+)`, 'm'));
  return m ? Number(m[1]) : NaN;
};

// KiB, NaN when it has ended.
const resident = (pid) => { try { return Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]); } catch { return NaN; } };

// Places of a mix are parts of its picture: '0,0,0.5,1' is the left half.
async function examine(name, seconds = 60, places = []) {
  const p = start(path.join(build, 'tests/live/examine'), [name, String(seconds), ...places]);
  await p.ended;
  try { return JSON.parse(p.out.replace(/nan/g, 'null')); } catch { return { error: p.log }; }
}

// An nginx with RTMP: applications live (records what comes), closed (refuses), keyed (asks http for the key "good").
async function rtmpServer(rtmp, http) {
  const home = fs.mkdtempSync(file('nginx-'));
  fs.chmodSync(home, 0o777); // the worker may run as another user
  fs.chmodSync(dir, 0o755);
  const module = ['/usr/lib/nginx/modules', '/usr/lib64/nginx/modules', '/usr/share/nginx/modules'].map((d) => `${d}/ngx_rtmp_module.so`).find((f) => fs.existsSync(f));
  const config = path.join(home, 'nginx.conf');
  fs.writeFileSync(config, `load_module ${module};\ndaemon off; master_process off; pid ${home}/pid; error_log ${home}/error.log notice;\n` +
    `events { worker_connections 64; }\nrtmp { access_log off; server { listen 127.0.0.1:${rtmp}; chunk_size 4096;\n` +
    `application live { live on; record all; record_path ${home}; record_suffix -%s.flv; }\napplication closed { live on; deny publish all; }\n` +
    `application keyed { live on; notify_method get; on_publish http://127.0.0.1:${http}/auth; } } }\n` +
    `http { access_log off; ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((n) => `${n}_temp_path ${home}/${n};`).join(' ')}\n` +
    `server { listen 127.0.0.1:${http}; location /auth { if ($arg_name = "good") { return 200; } return 403; } } }\n`);
  const process = start('/usr/sbin/nginx', ['-c', config, '-e', `${home}/error.log`]);
  await listening(rtmp).catch((e) => { throw new Error(`${e.message}: ${process.log}${fs.existsSync(`${home}/error.log`) ? fs.readFileSync(`${home}/error.log`) : ''}`); });
  const recordings = () => fs.readdirSync(home).filter((f) => f.endsWith('.flv')).map((f) => path.join(home, f))
    .sort((a, b) => fs.statSync(a).mtimeMs - fs.statSync(b).mtimeMs);
  return { process, home, recordings };
}

// TLS in front of a port, with a certificate for localhost that nobody vouches for: {port, cert, close()}.
async function tlsFront(to) {
  const key = file(`key-${to}.pem`), cert = file(`cert-${to}.pem`);
  run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']);
  const front = tls.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) }, (near) => {
    const far = net.connect(to, '127.0.0.1');
    near.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => near.destroy()).pipe(near);
  });
  front.on('tlsClientError', () => {});
  await new Promise((resolve) => front.listen(0, '127.0.0.1', resolve));
  return { port: front.address().port, cert, close: () => front.close() };
}

const haveNginx = () => fs.existsSync('/usr/sbin/nginx') && fs.existsSync('/usr/lib/nginx/modules/ngx_rtmp_module.so');

async function listening(p, ms = 20000) {
  for (const end = Date.now() + ms; Date.now() < end;) {
    const open = await new Promise((resolve) => {
      const s = net.connect(p, '127.0.0.1', () => { s.destroy(); resolve(true); });
      s.on('error', () => resolve(false));
    });
    if (open)
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nobody listens on port ${p}`);
}

// A TCP link to `to`, which passes `rate` bytes a second towards it (Infinity: as they come).
async function link(to) {
  const state = { rate: Infinity, sockets: new Set(), passed: 0 };
  const server = net.createServer((near) => {
    const far = net.connect(to, '127.0.0.1');
    for (const s of [near, far]) {
      state.sockets.add(s);
      s.on('error', () => {});
      s.on('close', () => { state.sockets.delete(s); near.destroy(); far.destroy(); });
    }
    far.pipe(near);
    near.on('data', (chunk) => {
      state.passed += chunk.length;
      far.write(chunk);
      if (state.rate !== Infinity) {
        near.pause();
        setTimeout(() => near.resume(), 1000 * chunk.length / state.rate);
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.port = server.address().port;
  state.cut = () => { for (const s of state.sockets) s.destroy(); };
  state.close = () => { state.cut(); server.close(); };
  return state;
}

module.exports = { file, port, profile, profiles, hostProfile, broadcast, stat, examine, rtmpServer, tlsFront, haveNginx, listening, link, resident };
