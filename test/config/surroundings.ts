import { generateKeyPairSync } from 'node:crypto'
import type { FileRead, Surroundings } from '../../src/config/files.ts'
import { createClientAuthority } from '../support/client-authority.ts'
import { createAuthority } from '../support/tls.ts'

/** Values that no message may ever hold. */
export const canaries: readonly string[] = ['canary', 'changeme', 'hunter2']

const authority = createAuthority()
const clients = createClientAuthority('Clients')
const one = authority.issue({ names: ['DNS:wiki.example.com'] })
const other = authority.issue({ names: ['DNS:other.example.com'] })

const signingKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

/** Files that `shadow` names. */
const shadowOf = (rule: string, url: string): string => `
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki: { url: "${url}", upstream: "http://10.0.0.5", ${rule} }
`
const otherApps = `
trusted_proxies: [10.0.0.0/8]
auth_prefix: /signin
providers:
  acme: { issuer: "https://id2.example.com", client_id: gate, client_secret: "\${env:SECRET}", scopes: [openid], user_id: email, trust_email: true }
  more: { issuer: "https://more.example.com", client_id: gate, client_secret: "\${env:OTHER_SECRET}", user_id_prefix: "more:" }
apps:
  wiki: { url: "https://wiki.example.com/wiki", upstream: "http://10.0.0.5", provider: acme, require: signed_in }
  blog: { url: "https://blog.example.com", upstream: "http://10.0.0.5", provider: acme, require: signed_in }
`

const otherTokens = `
api_keys: { user_id_prefix: "k:", self_service: { at: "https://wiki.example.com", require: signed_in } }
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}", bearer: { audiences: [other] } }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "http://10.0.0.5", require: signed_in, credentials: [session, bearer, api_key] }
`

const files: ReadonlyMap<string, string | Buffer> = new Map<string, string | Buffer>([
  ['secret.txt', 'canary-0123456789-abcdefghijklmnop\n'],
  ['open.txt', 'canary-9876543210-abcdefghijklmnop\r\n'],
  ['empty.txt', '\n'],
  ['people.txt', '# canary\nada@example.com\nKim@Example.com\n'],
  ['nobody.txt', '# nobody any more\n\n'],
  ['control.txt', 'ada\nca\u0007nary\n'],
  ['patterns.txt', '[canary\n'],
  ['networks.txt', '10.0.0.0/8\ncanary\n'],
  ['many.txt', Array.from({ length: 1001 }, (_, index) => `canary${index}`).join('\n')],
  ['binary', Buffer.from([0xff, 0xfe, 0x00])],
  ['ca.pem', clients.cert],
  ['other-ca.pem', createAuthority().certificate],
  ['list.crl', clients.crl()],
  ['one.crt', one.cert],
  ['one.key', one.key],
  ['other.crt', other.cert],
  ['other.key', other.key],
  ['signing.pem', signingKey()],
  ['other-signing.pem', signingKey()],
  ['icon.png', png],
  ['icon.svg', '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'],
  ['evil.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
  [
    'prefixed.svg',
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:s="http://www.w3.org/2000/svg"><s:script>alert(1)</s:script></svg>',
  ],
  [
    'texts.yaml',
    'en: { forbidden.title: No entry }\nde: { "link.sign-in": "Los <b>", help.only: "Hilfe: {contact}" }\n',
  ],
  ['other-texts.yaml', 'de: { link.sign-in: Weiter }\n'],
  [
    'faulty-texts.yaml',
    [
      'de:',
      '  forbidden.titel: Kein Zutritt',
      '  nothing.like: x',
      '  help.only: Hilfe',
      '  link.sign-in: "Los {name}"',
      '  link.sign-out: 7',
      '  link.stay: ""',
      '  link.continue: "a\\nb"',
      '  account.signed-in-as: "{name} {name}"',
      `  link.try-again: ${'x'.repeat(501)}`,
      'fr:',
      '  link.sign-in: Entrer',
      'English: { link.sign-in: Go }',
      'it: [a]',
      'de-12: { link.sign-in: Los }',
      '',
    ].join('\n'),
  ],
  ['list.yaml', '- de\n'],
  [
    'emptied.yaml',
    shadowOf(`require: { none: [{ sub: "\${lines:nobody.txt}" }] }`, 'https://wiki.example.com'),
  ],
  ['next.yaml', shadowOf('require: signed_in', 'https://wiki.example.com')],
  ['other-apps.yaml', otherApps],
  ['other-tokens.yaml', otherTokens],
  ['faulty.yaml', shadowOf('requier: signed_in', 'htps://wiki.example.com')],
  ['of-its-own.yaml', `shadow: next.yaml\n${shadowOf('require: signed_in', 'https://wiki.example.com')}`],
  ['large.png', Buffer.concat([png, Buffer.alloc(40 * 1024)])],
])

/** What the golden files and the tests of the model find around them. Nothing on the disk is read. */
export const surroundings: Surroundings = {
  file: 'claimgate.yaml',
  folder: '/etc/claimgate',
  env: {
    SECRET: 'canary-aaaaa-bbbbb-ccccc-ddddd-eeeee',
    OTHER_SECRET: 'canary-fffff-ggggg-hhhhh-iiiii-jjjjj',
    SHORT: 'canary',
    PLACEHOLDER: 'changeme-changeme-changeme-changeme',
    PATTERN: 'hunter2hunter2hunter2hunter2hunter2',
    EMPTY: '',
    TRUE: 'true',
    YES: 'yes',
    MINUTES: '15m',
    WORD: 'anyone',
    POLICY: 'staff',
    NAME: 'acme',
    ADMIN: 'false',
  },
  readFile: readTestFile,
}

function readTestFile(path: string): FileRead {
  const name = path.replace('/etc/claimgate/', '')
  const content = files.get(name)
  if (content === undefined) return { ok: false, reason: 'no such file' }
  return { ok: true, bytes: Buffer.from(content), worldReadable: name === 'open.txt' }
}
