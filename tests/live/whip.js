// A WHIP and WHEP server whose media peer is Chromium: HTTP here, RTCPeerConnection in a page.
'use strict';
const http = require('node:http');
const https = require('node:https');

// In the page: /whip/* are answered and shown, /whep/* get a moving picture of 640x360 and a tone.
function peer() {
  const peers = window.peers = {};
  const gathered = (pc) => pc.iceGatheringState === 'complete' || new Promise((resolve) => pc.addEventListener('icegatheringstatechange', () => pc.iceGatheringState === 'complete' && resolve()));
  const source = () => {
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 360;
    let n = 0;
    setInterval(() => { const c = canvas.getContext('2d'); c.fillStyle = `hsl(${n * 7 % 360} 80% 50%)`; c.fillRect(0, 0, 640, 360); c.fillStyle = '#fff'; c.fillRect(n++ * 5 % 600, 100, 40, 40); }, 40);
    const audio = window.audio ??= new AudioContext(), tone = audio.createOscillator(), out = audio.createMediaStreamDestination();
    tone.connect(out);
    tone.start();
    return new MediaStream([...canvas.captureStream(25).getTracks(), ...out.stream.getTracks()]);
  };
  const prefer = (pc, codec) => {
    for (const t of pc.getTransceivers())
      if (codec && t.sender.track?.kind === 'video')
        t.setCodecPreferences(RTCRtpReceiver.getCapabilities('video').codecs.filter((c) => c.mimeType === `video/${codec}`));
  };
  const play = (pc, s) => {
    s.video = document.createElement('video');
    s.video.muted = false;
    s.video.srcObject = new MediaStream();
    pc.ontrack = (e) => { s.video.srcObject.addTrack(e.track); s.video.play().catch(() => {}); };
  };
  const open = (id, plays) => {
    const pc = new RTCPeerConnection(), s = peers[id] = { pc };
    if (plays) {
      s.media = window.media ??= source();
      for (const t of s.media.getTracks()) pc.addTrack(t, s.media);
    } else {
      play(pc, s);
    }
    return pc;
  };
  window.answer = async (id, offer, plays) => {
    const pc = open(id, plays);
    await pc.setRemoteDescription({ type: 'offer', sdp: offer });
    await pc.setLocalDescription();
    await gathered(pc);
    return pc.localDescription.sdp;
  };
  window.offer = async (id, codec) => {
    const pc = open(id, true);
    for (const t of pc.getTransceivers()) t.direction = 'sendonly';
    prefer(pc, codec);
    await pc.setLocalDescription();
    await gathered(pc);
    return pc.localDescription.sdp;
  };
  window.accept = (id, sdp) => peers[id].pc.setRemoteDescription({ type: 'answer', sdp });
  window.leave = (id) => { peers[id]?.pc.close(); delete peers[id]; };
  // What has come: {state, width, height, frames, energy, audio, video}
  window.seen = async (id) => {
    const s = peers[id];
    if (!s) return null;
    const all = await s.pc.getStats(), r = { state: s.pc.connectionState, width: s.video?.videoWidth, height: s.video?.videoHeight };
    for (const x of all.values())
      if (x.type === 'inbound-rtp') {
        r[x.kind] = all.get(x.codecId)?.mimeType;
        if (x.kind === 'video') Object.assign(r, { frames: x.framesDecoded, lost: x.packetsLost, keys: x.keyFramesDecoded });
        else r.energy = x.totalAudioEnergy;
      }
    return r;
  };
}

const text = (request) => new Promise((resolve) => { let s = ''; request.on('data', (d) => { s += d; }).on('end', () => resolve(s)); });

// {port, requests, sessions, page, stop(), start()}. `rules(request)` may answer before all else: {status, headers, body}; `token`: wanted of all.
async function whipServer(browser, { token = '', rules = () => null, links = [], tls = null } = {}) {
  const context = await browser.newContext(), page = await context.newPage();
  await page.goto('about:blank');
  await page.evaluate(peer);
  const s = { page, requests: [], sessions: [], port: 0, sockets: new Set() };
  let ids = 0;
  const made = (id, sdp, status) => ({ status, headers: { 'Content-Type': 'application/sdp', Location: `../session/${id}`, ETag: `"${id}"`, ...(links.length ? { Link: links } : {}) }, body: sdp });
  async function respond(q) {
    const [, kind, name, id] = q.url.match(/^\/(whip|whep|session)\/([^/?]+)/) || [], plays = kind === 'whep';
    const ruled = rules(q);
    if (ruled) return ruled;
    if (token && q.headers.authorization !== `Bearer ${token}`) return { status: 401, body: 'who are you?\nnobody knows' };
    if (!kind) return { status: 404, body: 'no such stream' };
    if (kind === 'session') {
      if (!s.sessions.includes(name)) return { status: 404 };
      if (q.method === 'PATCH' && q.headers['content-type'] === 'application/sdp') {
        await page.evaluate(([i, sdp]) => window.accept(i, sdp), [name, q.body]);
        return { status: 204 };
      }
      if (q.method !== 'DELETE') return { status: 405 };
      s.sessions.splice(s.sessions.indexOf(name), 1);
      await page.evaluate((i) => window.leave(i), name);
      return { status: 200 };
    }
    if (q.method !== 'POST') return { status: 405 };
    if (q.headers['content-type'] !== 'application/sdp') return { status: 415 };
    const sid = String(++ids), counter = plays && /[?&]counter=?([A-Z0-9]*)/.exec(q.url);
    const sdp = counter ? await page.evaluate(([i, c]) => window.offer(i, c), [sid, counter[1]]) : await page.evaluate(([i, o, p]) => window.answer(i, o, p), [sid, q.body, plays]);
    s.sessions.push(sid);
    return made(sid, sdp, counter ? 406 : 201);
  }
  const take = async (request, response) => {
    const q = { method: request.method, url: request.url, headers: request.headers, body: await text(request), at: Date.now() };
    s.requests.push(q);
    const a = await respond(q).catch((e) => ({ status: 500, body: String(e) }));
    response.writeHead(a.status, a.headers || {}).end(a.body || '');
  };
  const server = tls ? https.createServer(tls, take) : http.createServer(take);
  server.on(tls ? 'secureConnection' : 'connection', (socket) => { s.sockets.add(socket); socket.on('close', () => s.sockets.delete(socket)); });
  s.start = () => new Promise((resolve) => server.listen(s.port, '127.0.0.1', () => { s.port = server.address().port; resolve(); }));
  // As if it had crashed: nobody is told.
  s.stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of s.sockets) socket.destroy();
    await closed;
    await page.evaluate(() => Object.keys(window.peers).forEach(window.leave));
    s.sessions.length = 0;
  };
  s.close = async () => { await s.stop(); await context.close(); };
  s.seen = (id) => page.evaluate((i) => window.seen(i), id);
  s.url = (path) => `${tls ? 'https' : 'http'}://127.0.0.1:${s.port}${path}`;
  await s.start();
  return s;
}

async function until(condition, what, ms = 40000) {
  for (const end = Date.now() + ms; ;) {
    const r = await condition();
    if (r) return r;
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

module.exports = { whipServer, until };
