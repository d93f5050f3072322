import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runCommand } from '../../src/cli.ts'
import type { ReadFile } from '../../src/config/files.ts'
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'

/** What `convert` could not know it leaves open by `fill-in`: `check` fails until a person has written it. */
const folder = fileURLToPath(new URL('./convert', import.meta.url))
const results = globSync(['cases/*.txt', 'oauth2-proxy/*.txt'], { cwd: folder })
  .toSorted()
  .flatMap((name) => {
    const yaml = readFileSync(join(folder, name), 'utf8')
      .split(/^=====.*\n/m)
      .find((part) => /^apps:/m.test(part))
    return yaml?.includes('fill-in') === true ? [{ name: basename(name, '.txt'), yaml }] : []
  })

function faultsOf(yaml: string): readonly string[] {
  const lists = new Set(
    [...yaml.matchAll(/\$\{lines:([^}]*)\}/g)].map(([, file = '']) => resolve('/etc/claimgate', file)),
  )
  const readFile: ReadFile = (path) =>
    lists.has(path)
      ? { ok: true, bytes: Buffer.from('ada@example.com\n'), worldReadable: false }
      : { ok: false, reason: 'no such file' }
  const around = { file: 'claimgate.yaml', folder: '/etc/claimgate', env: {}, readFile }
  const loaded = loadGatewayFromText(yaml, { ...around, madeUp: 'all-but-rules' })
  return loaded.ok ? [] : loaded.issues.map(printIssue)
}

t.ok(results.length >= 10, `${results.length} results leave something open`)

for (const { name, yaml } of results) {
  t.test(name.replaceAll('-', ' '), async (t) => {
    const left = yaml
      .split('\n')
      .flatMap((line, index) => (/(?:: |\[)(?:https?:\/\/)?fill-in/.test(line) ? [index + 1] : []))
    const faults = faultsOf(yaml)
    t.same(
      faults.map((fault) => Number(fault.split(':')[1])),
      left,
    )
    for (const fault of faults) t.match(fault, / `convert` left this open: write /)
    const hosts = ['one', 'two', 'three', 'four', 'five', 'six']
    const filled = yaml
      .replaceAll('http://fill-in.invalid', 'http://127.0.0.1:5000')
      .replace(/issuer: https:\/\/fill-in\.invalid/g, () => `issuer: https://${hosts.pop()}.example.com`)
      .replaceAll('https://fill-in.invalid', 'https://wiki.example.com')
      .replaceAll('client_id: fill-in', 'client_id: gate')
      .replaceAll('audiences: [fill-in]', 'audiences: [the-api]')
    t.same(faultsOf(filled), [], 'and nothing once it is filled in')
  })
}

const file = `providers:
  acme: { issuer: "https://fill-in.invalid/realms/a", client_id: fill-in, client_secret: "\${env:SECRET}" }
  keyed: { issuer: "https://id.example.com", client_id: a, token_endpoint_auth_method: private_key_jwt, client_key: fill-in.pem }
apps:
  wiki:
    url: https://fill-in.invalid/wiki
    upstream: { url: "http://fill-in.invalid:8080" }
    provider: acme
    require: { groups: fill-in }
    title: fill-in
    contact: it@fill-in.invalid.example
`

t.test('each is told with what to write, and what only looks so is left alone', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'claimgate-left-open-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'claimgate.yaml'), file)
  const run = async (...args: readonly string[]) => {
    let said = ''
    const say = (more: string) => {
      said += more
    }
    const code = await runCommand(args, { stdout: say, stderr: say, stdin: async () => '', env: {}, cwd })
    return { code, said }
  }
  const { code, said } = await run('check', '--made-up-secrets')
  t.equal(code, 1)
  t.same(
    said.split('\n').filter((line) => line.includes('left this open')),
    [
      "claimgate.yaml:2:19 providers.acme.issuer: `convert` left this open: write the provider's issuer, as its metadata names it",
      'claimgate.yaml:2:66 providers.acme.client_id: `convert` left this open: write the client id that the provider gave',
      'claimgate.yaml:3:117 providers.keyed.client_key: `convert` left this open: write the name of the file',
      'claimgate.yaml:6:10 apps.wiki.url: `convert` left this open: write the address that people browse, such as https://wiki.example.com',
      'claimgate.yaml:7:22 apps.wiki.upstream.url: `convert` left this open: write where the app listens, such as http://127.0.0.1:5000',
    ],
  )
  t.match(said, '\n5 faults\n')
  t.match(await run('lint', '--made-up-secrets'), { code: 2, said: /left this open/ })
  t.match(await run('serve'), { code: 2, said: /left this open/ })
  t.match(
    await run('who', 'GET', 'https://fill-in.invalid/wiki'),
    { code: 0 },
    'rules are asked about before',
  )
})
