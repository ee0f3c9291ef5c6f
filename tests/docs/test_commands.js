// Every command that the documents show in a ```sh block is run, in order, in a scratch folder.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, top, build, ok, run, main } = require('../tools/harness.js');

// What would not end by itself, or would run this very test, is run with more arguments or not at all.
const special = {
  './quickstart demo': `LOQUAT_BUILD=${build} ${top}/quickstart demo --headless --seconds 10`,
  './quickstart check': null,
  'autoreconf -i && mkdir -p build && cd build && ../configure && make': null, // what built the program that runs this test
  // The server that docs/writing-a-plugin.md starts in one terminal, and the call in another one.
  'loquatd --debug': 'timeout 60 loquatd --debug --host 127.0.0.1 --port 0 > server.json 2> /dev/null & echo $! > server.pid; until grep -q port server.json; do :; done',
  '. mycam/env && loquat join --room hello --devices --profile mycam/call.json':
    '. mycam/env && loquat join --server ws://127.0.0.1:$(grep -o \'"port": *[0-9]*\' server.json | head -1 | grep -o "[0-9]*") --room hello --devices --headless ' +
    '--profile mycam/call.json --seconds 2; status=$?; kill $(cat server.pid); exit $status',
};

// Something that runs, for those who look into it: the last one ends it.
Object.assign(special, {
  'loquat ctl': 'loquat run test-codec > running.log 2>&1 & echo $! > running.pid; until loquat ctl | grep test-codec; do :; done',
  'loquat ctl set aenc bitrate 24000': 'loquat ctl set aenc bitrate 24000; status=$?; kill $(cat running.pid); exit $status',
});
process.env.XDG_RUNTIME_DIR = dir;

// What pkg-config says of an installation is said of the build.
fs.writeFileSync(path.join(dir, 'loquat-plugin.pc'), 'Name: loquat-plugin\nDescription: headers\nVersion: 0\n' +
  `Cflags: -I${top}/framework/include\nplugindir=${build}/plugins/.libs\n`);
process.env.PKG_CONFIG_PATH = dir;

function commands(file) {
  const text = fs.readFileSync(path.join(top, file), 'utf8');
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap((m) => m[1].split('\n')).map((l) => l.replace(/\s+#.*$/, '').trim()).filter(Boolean);
}

main(async () => {
  const files = ['README.md', ...fs.readdirSync(path.join(top, 'docs')).filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`)];
  for (const file of files)
    for (const command of commands(file)) {
      const actual = command in special ? special[command] : command;
      if (actual === null)
        continue;
      const r = run('bash', ['-c', actual], { cwd: dir });
      ok(r.status === 0, `${file}: ${command}`, r.out.slice(-1000) + r.err.slice(-1000));
    }
  for (const file of files)
    for (const [, target] of fs.readFileSync(path.join(top, file), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
      ok(fs.existsSync(path.join(top, path.dirname(file), target)), `${file}: the link to ${target} leads somewhere`);
  const named = new Set([...fs.readFileSync(path.join(top, 'docs/architecture.md'), 'utf8').matchAll(/`((?:framework|webrtc|plugins|sdk|server|tools)\/[\w\/.-]*)`/g)].map((m) => m[1]));
  for (const name of named)
    ok(fs.existsSync(path.join(top, name)), `docs/architecture.md: ${name} is there`);
});
