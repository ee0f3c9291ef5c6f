// The schema that `loquat inspect --schema` prints and `loquat check` say the same of each profile.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { SKIP, dir, top, ok, run, main } = require('../tools/harness.js');
const cases = require('./cases.js');

let Ajv;
try {
  Ajv = require(path.join(top, 'tests/interop/node_modules/ajv/dist/2020.js'));
} catch {
  console.log('skipped: ajv is not installed: run npm ci in tests/interop');
  process.exit(SKIP);
}

main(async () => {
  const printed = run('loquat', ['inspect', '--schema']);
  const validate = new Ajv({ strict: false }).compile(JSON.parse(printed.out));
  const nodes = new Set(JSON.parse(run('loquat', ['inspect', '--json']).out).nodes.map((n) => n.id));
  const files = fs.readdirSync(path.join(top, 'profiles')).filter((f) => f.endsWith('.json'));
  const all = [...files.map((f) => [f, true, JSON.parse(fs.readFileSync(path.join(top, 'profiles', f)))]), ...cases.filter((c) => !c[3] || nodes.has(c[3]))];
  const names = all.map((c, i) => {
    const file = path.join(dir, `${i}.json`);
    fs.writeFileSync(file, JSON.stringify(c[2]));
    return file;
  });
  const checked = run('loquat', ['check', ...names]);
  all.forEach(([what, right, profile], i) => {
    const accepted = checked.out.split('\n').includes(`${names[i]}: ok`);
    ok(accepted === right, `${what}: loquat check ${right ? 'accepts' : 'rejects'} it`, checked.err.split('\n').filter((l) => l.includes(names[i])).join(' '));
    const valid = validate(JSON.parse(JSON.stringify(profile)));
    ok(valid === right, `${what}: so does the schema`, JSON.stringify(validate.errors));
  });
});
