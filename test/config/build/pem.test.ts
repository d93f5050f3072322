import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'

t.test('a certificate that TLS would refuse is a fault of the file', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const bits of ['1024', '2048']) {
    const made = ['req', '-x509', '-newkey', `rsa:${bits}`, '-nodes', '-subj', '/CN=localhost', '-days', '30']
    execFileSync('openssl', [...made, '-keyout', `${bits}.key`, '-out', `${bits}.crt`], {
      cwd: folder,
      stdio: 'ignore',
    })
  }
  const text = `
listen:
  address: 0.0.0.0:8443
  tls:
    - { certificate: 2048.crt, key: 2048.key }
    - { certificate: 1024.crt, key: 1024.key }
providers: { acme: { issuer: "https://id.example.com", client_id: a, client_secret: b } }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5:5000", require: signed_in }
`
  const loaded = loadGatewayFromText(text, { file: 'x.yaml', folder, env: {}, readFile: readFromDisk })
  t.same(loaded.ok ? [] : loaded.issues.map(printIssue), [
    'x.yaml:6:22 listen.tls[1].certificate: cannot be used for TLS: its key is too small; expected RSA of 2048 bits or more, or EC',
  ])
})
