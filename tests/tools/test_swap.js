// Nodes of a running graph are swapped, put in and taken out from the command line.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, ok, run, start, main } = require('./harness.js');

const runtime = path.join(dir, 'runtime');
fs.mkdirSync(runtime, { mode: 0o700 });
process.env.XDG_RUNTIME_DIR = runtime;
const ctl = (...args) => run('loquat', ['ctl', '--json', ...args]);
const look = () => JSON.parse(run('loquat', ['top', '--once', '--json']).out || '{}');
const node = (name) => (look().nodes || []).find((n) => n.name === `run/${name}`);
const links = () => (look().links || []).map((l) => `${l.from.slice(4)}->${l.to.slice(4)}`).sort().join(' ');
const until = async (what, condition) => {
  for (const end = Date.now() + 20000; !condition();) {
    if (Date.now() > end) throw new Error(`${what}: not within 20 s`);
    await new Promise((r) => setTimeout(r, 20));
  }
};

async function swaps() {
  const p = start('loquat', ['run', 'test-codec', '--stats']);
  await until('control socket', () => fs.existsSync(path.join(runtime, 'loquat', `${p.pid}.sock`)));
  const whole = links();

  ok(ctl('set', 'venc', 'bitrate', '300000').status === 0 && node('venc').figures.find((f) => f.name === 'targetBitrate').value === 300000, 'a parameter changes in place');
  ok(ctl('set', 'cam', 'size', '320x180').status === 0, 'a parameter that cannot: another instance takes over');
  await until('the new size', () => node('vdec').figures.some((f) => f.name === 'frameWidth' && f.value === 320));

  const both = ctl('swap', 'venc', 'codec.vp8.enc', 'bitrate=400000', '+', 'vdec', 'codec.vp8.dec');
  ok(both.status === 0 && node('venc').use === 'codec.vp8.enc' && node('vdec').use === 'codec.vp8.dec', 'H.264 gives way to VP8 on both sides', both.err);
  const alone = ctl('swap', 'venc', 'codec.h264.enc');
  ok(alone.status === 1 && /run\/venc\.out -> run\/vdec\.in: no common format: the first offers video\/h264 320x180@30; the second takes video\/vp8/.test(alone.err),
    'but not on one side alone', alone.err);

  const put = ctl('insert', 'cam', 'mark', 'filter.barcode');
  ok(put.status === 0 && JSON.parse(put.out).node === 'run/mark' && links().includes('cam->mark') && links().includes('mark->venc'), 'a filter comes', put.err + links());
  ok(ctl('remove', 'mark').status === 0 && links() === whole, 'and goes', links());

  const wrong = (args, words) => {
    const r = ctl(...args);
    ok(r.status === 1 && words.test(r.err), `${args.join(' ')}: ${words.source}`, r.err);
  };
  wrong(['swap', 'cam', 'capture.patern'], /unknown node "capture\.patern"; did you mean "capture\.pattern"\?/);
  wrong(['swap', 'camm', 'capture.pattern'], /there is no node "camm"; there are: .*run\/cam/);
  wrong(['swap', 'cam', 'capture.pattern', 'size'], /"size" is not PARAM=TEXT/);
  wrong(['swap', 'cam', 'capture.pattern', 'size=9x9'], /cam\.size: .*(minimum|at least|16)/);
  wrong(['swap', 'cam', 'capture.file', 'file=/nowhere.mp4'], /nowhere\.mp4/);
  wrong(['remove', 'cam'], /cannot be taken out/);
  wrong(['insert', 'cam', 'venc', 'filter.barcode'], /there is a node "run\/venc" already/);
  wrong(['insert', 'screen', 'mark', 'filter.barcode'], /nothing is linked to an output of run\/screen/);
  ok(links() === whole && node('cam').state === 'running', 'what failed left all as it was', links());

  const end = await p.stop();
  const lost = [...p.log.matchAll(/run\/(?:venc|vdec|screen) +0 +(errors|dropped) +(\d+)/g)].reduce((n, m) => n + Number(m[2]), 0);
  ok(end.code === 0 && lost <= 3, 'the run ends well, with hardly a frame lost', p.log);
}

main(swaps);
