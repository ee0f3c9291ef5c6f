// Every command that the documents show in a ```sh block is run, in order, in a scratch folder.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dir, top, build, ok, run, main } = require('../tools/harness.js');

// What would not end by itself, or would run this very test, is run with more arguments or not at all.
const special = {
  './quickstart demo': `LOQUAT_BUILD=${build} ${top}/quickstart demo --headless --seconds 4`,
  './quickstart check': null,
  'autoreconf -i && mkdir -p build && cd build && ../configure && make': null, // what built the program that runs this test
};

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
