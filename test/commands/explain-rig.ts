// Files in a folder, and the command run on them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { command } from '../../src/commands/explain.ts'
import { runIn } from './run.ts'

export const folder = mkdtempSync(join(tmpdir(), 'claimgate-explain-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

export const secret = 'canary-kT4zQ8vX2nB6mL0pR5sD9fG3hJ7wE1cU'

writeFileSync(
  join(folder, 'claimgate.yaml'),
  `
trusted_proxies: [10.0.0.0/8]
providers:
  staff: { issuer: "https://id.example.com", client_id: gate, client_secret: a-client-secret }
  partners: { issuer: "https://other.example.com", client_id: gate, client_secret: another-one, user_id_prefix: "p:" }
defaults: { provider: staff }
policies:
  admins: { groups: [admins, ops] }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: { url: "http://10.0.0.5:5000", headers: { X-Api-Key: canary-key } }
    shared_secret: ${secret}
    require: { organization_id: "00D5e000000HEcPEAW" }
    identity_headers: { X-Forwarded-User: user, X-Teams: teams }
    locations:
      - { path: /static, require: anyone }
      - { path: /admin, require: { all: [admins, { client_ip: 192.0.2.0/24 }], none: [{ status: suspended }] } }
      - { path: /admin/help, require: signed_in }
      - { path: /admin/help, methods: [POST], require: admins }
      - { path: /old, require: nobody }
      - { path: /token, require: signed_in, identity_headers: { X-Forwarded-User: user, X-Access: access_token, X-Id: id_token } }
      - { path: /api, require: signed_in, unauthenticated: deny }
  portal:
    url: https://portal.example.com
    upstream: http://10.0.0.6
    provider: [staff, partners]
    require: signed_in
    allow_encoded: [slash]
    locations:
      - { path: /staff, require: { provider: staff } }
      - path: /mixed
        require:
          any:
            - { provider: staff, groups: wiki }
            - { provider: partners, groups: [readers, writers], level: { at_least: 3 } }
`,
)

writeFileSync(join(folder, 'bad.yaml'), 'apps: {}\n')

writeFileSync(
  join(folder, 'case.yaml'),
  `
providers:
  staff: { issuer: "https://id.example.com", client_id: gate, client_secret: a-client-secret }
apps:
  shop:
    url: https://shop.example.com/Shop
    upstream: http://10.0.0.5:5000
    shared_secret: ${secret}
    ignore_case: true
    keep_fragment: true
    allow_encoded: [slash]
    require: anyone
    locations:
      - { path: /Shop/Account, require: signed_in }
      - { path: /Shop/inner/Account, require: signed_in }
      - { path: /Shop/Straße, require: signed_in }
  inner:
    url: https://shop.example.com/shop/inner
    upstream: http://10.0.0.5:5000
    shared_secret: another-secret-of-thirty-two-bytes-at-least
    require: signed_in
`,
)

export const alice = {
  sub: 'alice',
  organization_id: '00D5e000000HEcPEAW',
  groups: ['people'],
  status: 'active',
}

export const ask = (args: readonly string[], claims?: unknown) =>
  runIn(command, claims === undefined ? args : [...args, '--claims', '-'], {
    cwd: folder,
    stdin: JSON.stringify(claims) ?? '',
  })

export async function json(args: readonly string[], claims?: unknown) {
  const { stdout } = await ask([...args, '--json'], claims)
  return JSON.parse(stdout)
}

export const wiki = 'https://wiki.example.com'
