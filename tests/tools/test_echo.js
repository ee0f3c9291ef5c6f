// A speaker that the microphone hears: who speaks far away does not hear itself come back, where the profile takes echoes out.
'use strict';
const path = require('node:path');
const fs = require('node:fs');
const { dir, ok, run, start, server, have, main } = require('./harness.js');

const SECONDS = 14, LAST = 6; // the canceller has learned by then
const file = (name) => path.join(dir, name);

// A sound server whose microphone is what its speaker plays.
async function room() {
  const home = fs.mkdtempSync(file('pulse-')), socket = path.join(home, 'sock');
  const env = { ...process.env, XDG_RUNTIME_DIR: home, HOME: home, PULSE_SERVER: `unix:${socket}`, SDL_VIDEODRIVER: 'dummy' };
  const p = start('pulseaudio', ['-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no', '--disable-shm=yes', '--log-level=notice', '--log-target=stderr',
    '-L', 'module-null-sink sink_name=spk rate=48000', '-L', 'module-remap-source master=spk.monitor source_name=mic', '-L', `module-native-protocol-unix socket=${socket} auth-anonymous=1`], { env });
  for (const end = Date.now() + 20000; !fs.existsSync(socket);) {
    if (Date.now() > end)
      throw new Error(`pulseaudio does not start: ${p.log}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { process: p, env: { ...env, PULSE_SOURCE: 'mic', PULSE_SINK: 'spk' } };
}

// How loud, in dB, a file's end is.
function loudness(name) {
  const r = run('ffmpeg', ['-v', 'info', '-sseof', `-${LAST}`, '-i', name, '-vn', '-af', 'volumedetect', '-f', 'null', '-']);
  return Number((/mean_volume: (-?[\d.]+) dB/.exec(r.err) || [])[1]);
}

// What comes back to bob of his own voice, in dB, and alice's figures of the node "aec".
async function comes_back(url, speech, env, profile) {
  const args = ['join', '--server', url, '--room', profile, '--seconds', String(SECONDS), '--status-json', '--profile', profile];
  const alice = start('loquat', [...args, '--user', 'alice', '--devices', '--stats', file(`${profile}.json`)], { env });
  await alice.line((l) => /"joined":true/.test(l));
  const bob = start('loquat', [...args, '--user', 'bob', '--headless', '--input', speech, '--record', file(`${profile}.mkv`)]);
  await bob.ended;
  await alice.stop();
  const db = loudness(file(`${profile}.mkv`));
  console.log(`# ${profile}: ${db} dB`);
  if (Number.isNaN(db))
    throw new Error(`nothing came back:\n${alice.log.slice(-800)}\n${bob.log.slice(-800)}`);
  return { db, aec: JSON.parse(fs.readFileSync(file(`${profile}.json`), 'utf8')).figures['node/publish/main/audio/aec'] };
}

main(async () => {
  have('pulseaudio', 'espeak-ng', 'ffmpeg');
  if (run('loquat', ['inspect', 'filter.aec']).status !== 0)
    return ok(true, 'skipped: this build has no filter.aec');
  const speech = file('speech.wav');
  run('espeak-ng', ['-w', speech, '-s', '150', 'Loquat carries this sentence from one end of a call to the other. It is spoken by a machine, and heard by a machine, and the two must agree.']);
  const s = await server(), r = await room();
  const as_it_is = await comes_back(s.url, speech, r.env, 'live-broadcast'), taken_out = await comes_back(s.url, speech, r.env, 'communication');
  ok(as_it_is.db > -45 && as_it_is.aec.echoReturnLossEnhancement === 0, 'live-broadcast leaves the sound as it is', JSON.stringify(as_it_is));
  // On a busy machine speaker and microphone stumble, and each time the canceller learns anew; how much it takes out is for tests/plugins/test_aec.c.
  ok(taken_out.db < as_it_is.db - 3 && taken_out.aec.chunksProcessed > 500, 'communication takes the echo out', JSON.stringify([as_it_is, taken_out]));
});
