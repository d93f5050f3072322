import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { runCommand } from '../../src/cli.ts'

/** Marks of direction and what is not seen would show a reviewer another rule than the one that holds. */
const unseen = /[\p{Cf}]/u
const folder = mkdtempSync(join(tmpdir(), 'claimgate-direction-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const file = (rule: string) => String.raw`
trusted_proxies: none
providers:
  acme: { issuer: "https://id.example.com", client_id: "x\u202e", client_secret: "${'$'}{env:NO_SUCH}" }
policies: { "p\u202ex": { a: b } }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5:5000
    title: "T\u202eitle"
    require: ${rule}
    locations:
      - { path: "/a\u202eb", require: { "gro\u202eups": "ad\u202em\u200bin" } }
tests:
  persons: { "al\u202eice": { claims: { sub: "a\u202eb", groups: ["x\u202ey"] } } }
  cases: [{ as: "al\u202eice", request: "GET /", expect: deny }]
`
writeFileSync(join(folder, 'old.yaml'), file('signed_in'))
writeFileSync(join(folder, 'new.yaml'), file(String.raw`{ groups: "z\u202ey" }`))
writeFileSync(join(folder, 'faulty.yaml'), file(String.raw`"p\u202ey"`))
writeFileSync(join(folder, 'ada.json'), String.raw`{"sub":"a\u202eb","groups":["q\u202ew"]}`)

const asked: readonly (readonly string[])[] = [
  ['check', '--made-up-secrets', '-c', 'old.yaml'],
  ['check', '--made-up-secrets', '-c', 'faulty.yaml'],
  ['lint', '--made-up-secrets', '-c', 'old.yaml'],
  ['who', '--all', '-c', 'new.yaml'],
  ['what', '--claims', 'ada.json', '-c', 'new.yaml'],
  ['explain', '--url', 'https://wiki.example.com/a%E2%80%AEb', '--claims', 'ada.json', '-c', 'new.yaml'],
  ['diff', 'old.yaml', 'new.yaml'],
  ['test', '-c', 'old.yaml'],
]

for (const args of asked) {
  t.test(`${args[0]} of ${args.at(-1)} shows no mark of direction as it is`, async (t) => {
    let said = ''
    const say = (more: string) => {
      said += more
    }
    await runCommand(args, { stdout: say, stderr: say, stdin: async () => '', env: {}, cwd: folder })
    const line = said.split('\n').find((one) => unseen.test(one))
    t.equal(line, undefined)
    t.match(said, /\\u(?:\{202e\}|202e)/, 'it is told')
  })
}
