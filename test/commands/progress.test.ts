// Whatever takes long tells how far it has come, by a clock that the test moves.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { runCommand } from '../../src/cli.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-progress-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

writeFileSync(
  join(folder, 'claimgate.yaml'),
  `
providers: { op: { issuer: "https://id.example.com", client_id: x, client_secret: a-secret-of-a-client-of-a-provider } }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://127.0.0.1:5000
    require: signed_in
    locations: [{ path: /admin, require: { groups: admins } }, { path: /old, require: { groups: [a, b] } }]
tests:
  - { as: { sub: ada, groups: [admins] }, request: "GET https://wiki.example.com/admin", expect: allow }
`,
)
writeFileSync(join(folder, 'log.jsonl'), '{"event":"else"}\n'.repeat(50))
writeFileSync(
  join(folder, 'httpd.conf'),
  `<VirtualHost *:443>
ServerName wiki.example.com
OIDCProviderMetadataURL https://id.example.com/.well-known/openid-configuration
OIDCClientID x
OIDCRedirectURI /callback
OIDCCryptoPassphrase \${PASS}
ProxyPass / http://127.0.0.1:5000/
<Location />
AuthType openid-connect
Require valid-user
</Location>
<Location /admin>
Require claim groups:admins
</Location>
</VirtualHost>
`,
)

const erase = '\r\u001b[K'
const rows: readonly (readonly [readonly string[], string])[] = [
  [['test', '--mutate'], 'test --mutate: \\d+ of \\d+ changes of the rules'],
  [['replay', '--log', 'log.jsonl'], 'replay: \\d+ lines'],
  [['convert', 'httpd.conf', '--prove', '--json'], 'convert --prove: \\d+ of \\d+ paths'],
  [['diff', 'claimgate.yaml', 'claimgate.yaml'], 'diff: \\d+ of \\d+ places'],
]

/** A clock by which each look takes so long. */
const clock = (stepMs: number) => {
  let now = 0
  return () => {
    now += stepMs
    return now
  }
}

for (const [args, line] of rows) {
  t.test(args.join(' '), async (t) => {
    const ask = (terminal: boolean, stepMs: number) =>
      runIn({ run: runCommand }, args, { cwd: folder, terminal, nowMs: clock(stepMs) })
    const quick = await ask(true, 0)
    t.equal(quick.stderr, '', 'nothing where it is quick')
    const slow = await ask(true, 1_000)
    t.match(
      slow.stderr,
      new RegExp(`^(?:\\r\\u001b\\[K${line})+\\r\\u001b\\[K$`),
      'one line, taken off at the end',
    )
    t.equal(slow.stdout, quick.stdout, 'the answer is the same')
    t.ok(slow.stderr.split(erase).length > 2)
    const elsewhere = await ask(false, 10_000)
    t.match(elsewhere.stderr, new RegExp(`^(?:${line}\\n)+$`), 'lines at long intervals')
  })
}
