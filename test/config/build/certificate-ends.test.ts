// A certificate that has ended, or ends soon, is a warning with its place, wherever the file names one.
import t from 'tap'
import { command as check } from '../../../src/commands/check.ts'
import { readFromDisk } from '../../../src/config/files.ts'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { runIn } from '../../commands/run.ts'
import { createAuthority } from '../../support/tls.ts'

const ours = createAuthority()
const server = ours.issue({ names: ['DNS:wiki.example.com'] })
const ended = ours.issue({ names: ['DNS:old.example.com'], expired: true })
const client = ours.issue({ names: ['DNS:gate.example.com'], client: true })
const folder = t.testdir({
  'ca.pem': ours.certificate,
  'server.crt': server.cert,
  'server.key': server.key,
  'ended.crt': ended.cert,
  'ended.key': ended.key,
  'client.crt': client.cert,
  'client.key': client.key,
  'claimgate.yaml': '',
})
const text = `
listen:
  address: 0.0.0.0:8443
  client_ca: ca.pem
  tls:
    - { certificate: server.crt, key: server.key }
    - { certificate: ended.crt, key: ended.key }
providers:
  acme:
    issuer: https://id.example.com
    client_id: a
    token_endpoint_auth_method: tls_client_auth
    client_certificate: { certificate: client.crt, key: client.key }
    ca_file: ca.pem
apps:
  wiki:
    url: https://wiki.example.com
    upstream: { url: "https://10.0.0.5:5000", ca_file: ca.pem }
    require: signed_in
`

function warningsAt(now: number | undefined): readonly string[] {
  const around = { file: 'x.yaml', folder, env: {}, readFile: readFromDisk }
  const loaded = loadGatewayFromText(text, { ...around, ...(now === undefined ? {} : { now }) })
  t.same(loaded.ok ? [] : loaded.issues.map(printIssue), [])
  return loaded.warnings.map(printIssue).filter((line) => line.includes('the certificate'))
}

t.test('each place where a certificate stands, by the clock that is given', async (t) => {
  const now = Math.floor(Date.now() / 1000)
  const names = [
    'client_ca',
    'tls[0].certificate',
    'tls[1].certificate',
    'client_certificate.certificate',
    'ca_file',
    'upstream.ca_file',
  ]
  const told = warningsAt(now)
  t.equal(told.length, names.length, told.join('\n'))
  for (const [index, name] of names.entries()) {
    t.match(told[index], `${name}: the certificate "`)
    t.match(
      told[index],
      name === 'tls[1].certificate'
        ? /ended on \d{4}-\d\d-\d\d: renew it$/
        : /ends on .*, in [12] days?: renew it$/,
    )
  }
  const long = warningsAt(now - 60 * 24 * 60 * 60)
  t.same(long, [], 'none of them ends within 30 days of that time')
  t.equal(
    warningsAt(now + 10 * 24 * 60 * 60).filter((line) => line.includes('ended on')).length,
    names.length,
  )
  t.same(warningsAt(undefined), [], 'without a clock nothing is said')
})

t.test('`claimgate check` goes by the clock of this machine', async (t) => {
  const place = t.testdir({ 'claimgate.yaml': text.replaceAll(/(\w+\.(?:pem|crt|key))/g, `${folder}/$1`) })
  const { code, stdout } = await runIn(check, [], { cwd: place })
  t.equal(code, 0, stdout)
  t.match(stdout, /listen\.tls\[1\]\.certificate: the certificate "old\.example\.com" ended on/)
})
