// A UDP link to a port: it delays, loses, and passes at most so many bytes a second either way, with a queue in front as routers have.
'use strict';
const dgram = require('node:dgram');

const QUEUE = 0.2; // s of what the link passes; more is lost

// One direction: what comes goes to `send`, later or never.
function direction(state, send) {
  let free = 0; // when the link has passed what it has, ms
  return (bytes) => {
    const now = performance.now(), wait = Math.max(0, free - now);
    state.packets++;
    if (state.cut || Math.random() < state.loss || (state.rate !== Infinity && wait > 1000 * QUEUE)) {
      state.lost++;
      return;
    }
    free = now + wait + 1000 * bytes.length / state.rate;
    setTimeout(send, wait + state.delay, bytes);
  };
}

// {port, loss (0 … 1), delay (ms), rate (bytes/s), cut, packets, lost, close()}; all but the port may be changed.
async function relay(to, options = {}) {
  const near = dgram.createSocket('udp4'), far = dgram.createSocket('udp4');
  const state = { loss: 0, delay: 0, rate: Infinity, cut: false, packets: 0, lost: 0, ...options };
  let caller;
  const open = (f) => (bytes) => { try { f(bytes); } catch { /* closed meanwhile */ } };
  const there = direction(state, open((bytes) => far.send(bytes, to, '127.0.0.1')));
  const back = direction(state, open((bytes) => caller && near.send(bytes, caller.port, caller.address)));
  near.on('message', (bytes, from) => { caller = from; there(bytes); });
  far.on('message', back);
  for (const s of [near, far]) s.on('error', () => {}); // nobody listens there just now
  await new Promise((resolve) => near.bind(0, '127.0.0.1', resolve));
  await new Promise((resolve) => far.bind(0, '127.0.0.1', resolve));
  state.port = near.address().port;
  state.close = () => { near.close(); far.close(); };
  return state;
}

module.exports = { relay };
