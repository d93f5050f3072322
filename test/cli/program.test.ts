import t from 'tap'
import {
  commandLine,
  commandLineMeanwhile,
  demoLine,
  installLine,
  programOf,
  type Start,
} from '../../src/cli/program.ts'

const start = (given: Partial<Start>): Start => ({
  path: '/srv/claimgate/bin/claimgate.js',
  root: '/srv/claimgate',
  cwd: '/home/ada',
  env: { PATH: '/usr/local/bin:/usr/bin' },
  pid: 4711,
  ...given,
})

t.test('a hint is the command that works where it is printed', async (t) => {
  const rows: readonly (readonly [string, Partial<Start>, string])[] = [
    [
      'npm run in a checkout',
      { cwd: '/srv/claimgate', env: { npm_package_json: '/srv/claimgate/package.json' } },
      'npm run -s claimgate --',
    ],
    ['node in a checkout', { cwd: '/srv/claimgate' }, 'node bin/claimgate.js'],
    ['node beside a checkout', { cwd: '/srv/wiki' }, 'node ../claimgate/bin/claimgate.js'],
    ['node far from a checkout', { cwd: '/home/ada/a/b/c' }, 'node /srv/claimgate/bin/claimgate.js'],
    [
      "npm run of somebody's project",
      {
        path: '/home/ada/p/node_modules/.bin/claimgate',
        root: '/home/ada/p/node_modules/claimgate',
        cwd: '/home/ada/p',
        env: {
          npm_package_json: '/home/ada/p/package.json',
          npm_command: 'run-script',
          PATH: '/home/ada/p/node_modules/.bin:/usr/bin',
        },
      },
      'claimgate',
    ],
    [
      'npx in a project',
      {
        path: '/home/ada/p/node_modules/.bin/claimgate',
        root: '/home/ada/p/node_modules/claimgate',
        cwd: '/home/ada/p/sub',
        env: { npm_command: 'exec', PATH: '/home/ada/p/node_modules/.bin:/usr/bin' },
      },
      'npx claimgate',
    ],
    [
      'npx of a package that is nowhere near',
      {
        path: '/home/ada/.npm/_npx/12/node_modules/.bin/claimgate',
        root: '/home/ada/.npm/_npx/12/node_modules/claimgate',
        cwd: '/home/ada/p',
        env: { npm_command: 'exec', PATH: '/home/ada/.npm/_npx/12/node_modules/.bin:/usr/bin' },
      },
      '/home/ada/.npm/_npx/12/node_modules/.bin/claimgate',
    ],
    [
      'the link of a project',
      {
        path: '/home/ada/p/node_modules/.bin/claimgate',
        root: '/home/ada/p/node_modules/claimgate',
        cwd: '/home/ada/p',
      },
      'node_modules/.bin/claimgate',
    ],
    ['a link here', { path: '/home/ada/claimgate', cwd: '/home/ada' }, './claimgate'],
    [
      'a global install',
      { path: '/usr/local/bin/claimgate', root: '/usr/local/lib/node_modules/claimgate' },
      'claimgate',
    ],
    [
      'a global install that is not on PATH',
      { path: '/opt/o d/bin/claimgate', root: '/opt/o d/lib/node_modules/claimgate', cwd: '/' },
      `'opt/o d/bin/claimgate'`,
    ],
    [
      'a container of its own',
      { pid: 1, env: { CLAIMGATE_IMAGE: 'claimgate', HOSTNAME: '3f2a' } },
      'docker run --rm -v "$PWD:/config" claimgate',
    ],
    [
      'a container of its own, by podman',
      { pid: 1, env: { CLAIMGATE_IMAGE: 'registry.example/claimgate:1', container: 'podman' } },
      'podman run --rm -v "$PWD:/config" registry.example/claimgate:1',
    ],
    ['a shell in a container', { pid: 12, env: { CLAIMGATE_IMAGE: 'claimgate' } }, 'claimgate'],
  ]
  for (const [name, given, wanted] of rows) {
    const program = programOf(start(given))
    t.equal(commandLine({ program }, 'check'), `${wanted} check`, name)
  }
})

t.test('while a container runs, a command is run in it', async (t) => {
  const env = { CLAIMGATE_IMAGE: 'claimgate-demo', HOSTNAME: '3f2a' }
  const program = programOf(start({ pid: 1, env }))
  t.equal(
    commandLineMeanwhile({ program }, 'test', '-c', '/data/x.yaml'),
    'docker exec 3f2a claimgate test -c /data/x.yaml',
  )
  const elsewhere = programOf(start({ cwd: '/srv/claimgate' }))
  t.equal(commandLineMeanwhile({ program: elsewhere }, 'test'), 'node bin/claimgate.js test')
})

t.test('the demo and what it needs are told for where the program is', async (t) => {
  const rows: readonly (readonly [Partial<Start>, string, string | null])[] = [
    [{ env: { npm_package_json: '/srv/claimgate/package.json' } }, 'npm run -s claimgate -- demo', 'npm ci'],
    [
      { path: '/usr/local/bin/claimgate', root: '/usr/local/lib/node_modules/claimgate' },
      'claimgate demo',
      'npm install -g oidc-provider@9',
    ],
    [
      { path: '/p/node_modules/.bin/claimgate', root: '/p/node_modules/claimgate', cwd: '/p' },
      'node_modules/.bin/claimgate demo',
      'npm install oidc-provider@9',
    ],
    [{ pid: 1, env: { CLAIMGATE_IMAGE: 'claimgate' } }, 'docker run --rm -p 8080:8080 claimgate-demo', null],
  ]
  for (const [given, demo, install] of rows) {
    const program = programOf(start(given))
    t.equal(demoLine({ program }), demo)
    t.equal(installLine({ program }, 'oidc-provider@9'), install)
  }
})

t.test('a word that a shell would take apart is quoted', async (t) => {
  t.equal(commandLine({}, 'check', '-c', 'a b.yaml'), `claimgate check -c 'a b.yaml'`)
  t.equal(commandLine({}, 'check', '-c', "it's;rm"), `claimgate check -c 'it'\\''s;rm'`)
  t.equal(commandLine({}, 'check', '-c', '\u001b[31m\u202e'), `claimgate check -c '\\u{1b}[31m\\u{202e}'`)
  t.equal(commandLine({}, ''), `claimgate ''`)
})
