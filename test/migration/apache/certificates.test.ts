// `SSLVerifyClient` and what belongs to it: said where it can be said, and closed everywhere else.
import t from 'tap'
import { convertApache } from '../../../src/migration/apache/apache.ts'
import { newest } from '../../../src/migration/apache/versions.ts'
import { certificate, rdn, string } from '../../support/der.ts'

const subject = [rdn('2.5.4.10', string('utf8', 'Partners')), rdn('2.5.4.3', string('utf8', 'Root'))]
const body = certificate({ subject, issuer: subject }).toString('base64')
const files: Readonly<Record<string, string>> = {
  '/etc/ssl/partners.pem': `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
}

const trusted = 'SSLCACertificateFile /etc/ssl/partners.pem'
const direct = 'certificate: { authority: clients, issuer: "CN=Root,O=Partners" }'

function convert(host: string) {
  const text = `<VirtualHost *:443>
  ServerName api.example.com
  SSLEngine on
  OIDCProviderMetadataURL https://id.example.com/.well-known/openid-configuration
  OIDCClientID c
  OIDCClientSecret sssssssssssssssssss
  OIDCRedirectURI https://api.example.com/cb
  OIDCCryptoPassphrase aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  ProxyPass / http://10.0.0.5:5000/
  ${host.replaceAll('\n', '\n  ')}
</VirtualHost>
`
  const readFile = (path: string) => {
    const content = files[path]
    return content === undefined
      ? ({ ok: false, reason: 'no such file' } as const)
      : ({ ok: true, bytes: Buffer.from(content), worldReadable: false } as const)
  }
  const converted = convertApache({
    ...{ files: [{ name: 'httpd.conf', text }], folder: '/etc', readFile, listFiles: () => [] },
    ...{ version: newest, defined: [] },
  })
  if (!converted.ok) throw new Error('it cannot be read')
  return { yaml: converted.yaml, findings: converted.findings }
}

/** The file, and the findings about TLS with their kinds. */
function told(host: string): string {
  const { yaml, findings } = convert(host)
  const lines = findings
    .filter(({ what, kind }) => /SSL/i.test(String(what)) && kind !== 'kept' && kind !== 'not-needed')
    .map(({ kind, effect, message }) => `${kind} ${effect}: ${message}`)
  return [yaml, ...lines].join('\n')
}

const place = (inner: string, path = '/') => `<Location ${path}>\n${inner}\n</Location>`
const people = 'AuthType openid-connect\nRequire valid-user'

t.test('a certificate that is required stands in the rule, beside whatever else is asked', async (t) => {
  const required = told(`${trusted}\n${place('SSLVerifyClient require\nRequire all granted')}`)
  t.match(required, 'client_certificates: { authorities: { clients: { ca_file: /etc/ssl/partners.pem } } }')
  t.match(required, `require: { ${direct} }`)
  t.match(required, /changed stricter: is `certificate` in the rule/)
  t.match(
    told(`${trusted}\n${place(`SSLVerifyClient require\n${people}`)}`),
    `all: [{ ${direct} }, signed_in]`,
  )
  t.match(
    told(`${trusted}\n${place('SSLVerifyClient require')}`),
    `require: { ${direct} }`,
    'without a Require',
  )
  t.match(
    told(`${trusted}\nSSLVerifyClient require`),
    `require: { ${direct} }`,
    'at the host, without a place',
  )
  t.match(
    told(`${trusted}\nSSLVerifyClient require\n${place('SSLVerifyClient none\nRequire all granted')}`),
    `require: { ${direct} }`,
    'a place takes back nothing that the host asks',
  )
  t.match(told(`${trusted}\n${place('SSLVerifyClient none\nRequire all granted')}`), 'require: anyone')
  const perhaps = `SSLVerifyClient require\n<IfModule mod_x.c>\nSSLVerifyClient none\n</IfModule>`
  t.notMatch(told(`${trusted}\n${perhaps}\n${place('Require all granted')}`), 'require: anyone', 'in doubt')
  const passing = `SSLVerifyClient require\nAuthType openid-connect\nOIDCUnAuthAction pass\nRequire valid-user`
  t.notMatch(told(`${trusted}\n${place(passing)}`), 'maybe_signed_in', 'who may be nobody still shows one')
})

t.test('one that may be shown counts where it is asked for', async (t) => {
  const asked = 'SSLVerifyClient optional\nRequire ssl-verify-client'
  t.match(told(`${trusted}\n${place(asked)}`), `require: { ${direct} }`)
  t.match(told(`${trusted}\n${place(asked.replace('optional', 'optional_no_ca'))}`), `require: { ${direct} }`)
  t.match(told(`${trusted}\n${place('SSLVerifyClient optional\nRequire all granted')}`), 'require: anyone')
  t.match(
    told(`${trusted}\n${place('SSLVerifyClient optional\nRequire all granted')}`),
    /keeps nobody out by itself/,
  )
  t.match(told(place('Require ssl-verify-client')), 'require: nobody', 'where nobody is asked for one')
  const not = '<RequireAll>\nRequire all granted\nRequire not ssl-verify-client\n</RequireAll>'
  t.match(told(`${trusted}\n${place(`SSLVerifyClient optional\n${not}`)}`), 'require: nobody')
})

t.test('one that is perhaps asked for is asked for', async (t) => {
  const open = 'Require all granted'
  const within = (condition: string, line: string) =>
    `<${condition}>\n${line}\n</If${condition.slice(2).split(' ')[0]}>`
  for (const condition of [
    'IfModule mod_x.c',
    'IfModule !mod_x.c',
    'IfDefine X',
    'IfDefine !X',
    'IfFile /x',
  ]) {
    const required = within(condition, 'SSLVerifyClient require')
    const none = within(condition, 'SSLVerifyClient none')
    const rows = [
      place(`${required}\n${open}`),
      place(`SSLVerifyClient require\n${none}\n${open}`),
      `${required}\n${place(open)}`,
      `SSLVerifyClient require\n${none}\n${place(open)}`,
      `${within(condition, place('SSLVerifyClient require'))}\n${place(open)}`,
      `${place(`SSLVerifyClient require\n${open}`)}\n${within(condition, place('SSLVerifyClient none'))}`,
    ]
    for (const row of rows) {
      const said = told(`${trusted}\n${row}`)
      t.notMatch(said, 'require: anyone', `${condition}: ${row}`)
      t.match(said, direct, `${condition}: ${row}`)
    }
  }
})

t.test('a word that nobody knows here keeps everybody out', async (t) => {
  for (const word of ['optional$', 'requir', 'on', '""'])
    for (const row of [
      `SSLVerifyClient ${word}\n${place('Require all granted')}`,
      place(`SSLVerifyClient ${word}\nRequire all granted`),
    ]) {
      const said = told(`${trusted}\n${row}`)
      t.match(said, 'require: nobody', row)
      t.match(said, /not-convertible stricter: .* has a value that nobody knows here/, row)
    }
})

t.test('a place that httpd knows alone takes nothing back', async (t) => {
  const rows = [
    '<LocationMatch "\\.(css|js)$">\nSSLVerifyClient none\n</LocationMatch>',
    `<If "%{HTTP_HOST} == 'x'">\nSSLVerifyClient none\n</If>`,
    `<Location /*/public>\nSSLVerifyClient none\n</Location>`,
  ]
  for (const row of rows) {
    const { yaml } = convert(`${trusted}\n${place('SSLVerifyClient require\nRequire all granted')}\n${row}`)
    const [, rule] = /require: (.*)/.exec(yaml) ?? []
    t.equal(rule, `{ ${direct} }`, row)
  }
})

t.test('revocation counts as it did', async (t) => {
  const list = 'SSLCARevocationFile /etc/ssl/partners.crl'
  const required = place('SSLVerifyClient require\nRequire all granted')
  for (const check of ['chain', 'leaf'])
    t.match(
      told(`${trusted}\n${list}\nSSLCARevocationCheck ${check}\n${required}`),
      'clients: { ca_file: /etc/ssl/partners.pem, crl_file: /etc/ssl/partners.crl }',
    )
  t.notMatch(told(`${trusted}\n${list}\n${required}`), 'crl_file:', 'without the check httpd reads none')
})

t.test('how deep a chain may be is said by the issuer, or not at all', async (t) => {
  const required = place('SSLVerifyClient require\nRequire all granted')
  t.match(
    told(`${trusted}\nSSLVerifyDepth 10\n${required}`),
    'require: { certificate: { authority: clients } }',
  )
  t.match(told(`${trusted}\nSSLVerifyDepth 1\n${required}`), `require: { ${direct} }`)
})

t.test('what cannot be told is refused aloud, and opens nothing', async (t) => {
  const required = place('SSLVerifyClient require\nRequire all granted')
  const rows: readonly (readonly [string, RegExp])[] = [
    [required, /no `SSLCACertificateFile`/],
    [`SSLCACertificatePath /etc/ssl/authorities\n${required}`, /stand in a folder/],
    [`SSLCACertificateFile /etc/ssl/absent.pem\n${required}`, /cannot be read here/],
    [`${trusted}\nSSLVerifyDepth 2\n${required}`, /how many authorities may stand between/],
    [`${trusted}\nSSLVerifyDepth 0\n${required}`, /how many authorities may stand between/],
    [
      `${trusted}\nSSLVerifyDepth 10\n${place('SSLVerifyClient require\nSSLVerifyDepth 1\nRequire all granted')}`,
      /differs from place to place/,
    ],
    [`${trusted}\nSSLCARevocationCheck chain\n${required}`, /no `SSLCARevocationFile`/],
    [
      `${trusted}\nSSLCARevocationCheck chain\nSSLCARevocationPath /etc/ssl/lists\n${required}`,
      /revocation lists stand in a folder/,
    ],
    [
      `${trusted}\n<IfModule mod_x.c>\nSSLCACertificateFile /etc/ssl/other.pem\n</IfModule>\n${required}`,
      /several values/,
    ],
    [`SSLVerifyDepth 10\n${trusted}\nSSLVerifyDepth 1\n${required}`, /several values/],
    [`${trusted}\nSSLOCSPEnable on\n${required}`, /OCSP/],
    [
      `${trusted}\n${place('SSLRequire %{SSL_CLIENT_S_DN_O} eq "Acme"\nRequire all granted')}`,
      /nothing in this command knows it/,
    ],
    [
      `${trusted}\n<Proxy *>\nSSLVerifyClient require\n</Proxy>\n${place('Require all granted')}`,
      /nothing in this command knows it/,
    ],
  ]
  for (const [host, message] of rows) {
    const said = told(host)
    t.match(said, /require: nobody/, host)
    t.notMatch(said, /require: anyone/, host)
    t.match(said, message, host)
    t.match(said, /not-convertible stricter/, host)
  }
  const expression = `SSLVerifyClient optional\nRequire expr %{SSL_CLIENT_S_DN_O} == 'Acme'`
  t.match(told(`${trusted}\n${place(expression)}`), 'require: nobody')
})

t.test('that nobody is known by a certificate any more is told', async (t) => {
  const named =
    'SSLVerifyClient require\nSSLOptions +FakeBasicAuth\nSSLUserName SSL_CLIENT_S_DN_CN\nRequire all granted'
  const said = told(`${trusted}\n${place(named)}`)
  t.match(said, /nobody is known by the name in a certificate/)
  t.match(said, /no header says what a certificate says/)
  const basic = 'SSLVerifyClient require\nSSLOptions +FakeBasicAuth\nAuthType Basic\nRequire valid-user'
  t.match(
    told(`${trusted}\n${place(basic)}`),
    /require: nobody/,
    'and who was known by it alone gets in nowhere',
  )
})

t.test('hosts with authorities of their own have a name for each', async (t) => {
  const other = `SSLVerifyClient require\nRequire all granted`
  const two = `${trusted}\n${place(other)}\n</VirtualHost>
<VirtualHost *:443>
ServerName b.example.com
SSLEngine on
SSLCACertificateFile /etc/ssl/partners.pem
SSLCARevocationFile /etc/ssl/b.crl
SSLCARevocationCheck chain
ProxyPass / http://10.0.0.6:5000/
${place(other)}`
  const { yaml } = convert(two)
  t.match(yaml, /clients:.*\n?.*clients-2:/)
  t.match(yaml, 'authority: clients-2')
})
