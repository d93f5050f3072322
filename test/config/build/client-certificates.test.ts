// `client_certificates`, the credential and the condition in the model, and what is wrong with them.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { createClientAuthority } from '../../support/client-authority.ts'

const authority = createClientAuthority('Partners')
const files: Readonly<Record<string, string>> = {
  'ca.pem': authority.cert,
  'list.crl': authority.crl(),
  'broken.crl': '-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n',
}

const one = '{ authorities: { partners: { ca_file: ca.pem } } }'
const two =
  '{ authorities: { partners: { ca_file: ca.pem }, staff: { ca_file: ca.pem, crl_file: list.crl } } }'
const acme = 'providers: { acme: { issuer: "https://id.example.com", client_id: g, client_secret: s } }'
const certified = 'credentials: [client_certificate]'

function load(certificates: string, app: string, others = acme) {
  const text = `
log: { subject: off }
session: { secret: "0123456789-abcdefghijklmnopqrstuvwxyz" }
trusted_proxies: none
${others}
${certificates === '' ? '' : `client_certificates: ${certificates}`}
apps:
  portal: { url: "https://portal.example.com", upstream: "http://127.0.0.1:1", ${app} }
`
  const readFile = (path: string) => {
    const content = files[path.replace('/etc/', '')]
    return content === undefined
      ? ({ ok: false, reason: 'no such file' } as const)
      : ({ ok: true, bytes: Buffer.from(content), worldReadable: false } as const)
  }
  return loadGatewayFromText(text, { file: 'claimgate.yaml', folder: '/etc', env: {}, readFile })
}

/** The model, or what is wrong. */
function modelOf(certificates: string, app = 'require: signed_in', others = acme) {
  const loaded = load(certificates, app, others)
  return loaded.ok ? loaded.gateway : loaded.issues.map(printIssue).join('\n')
}

function requirementOf(certificates: string, rule: string, more = '', others = acme): unknown {
  const model = modelOf(certificates, `require: ${rule}${more === '' ? '' : `, ${more}`}`, others)
  if (typeof model === 'string') return model
  const access = model.apps[0]?.fallback.access
  return access?.kind === 'rule' ? access.requirement : access
}

t.test('authorities, the user id and its prefix', async (t) => {
  t.equal((modelOf('') as { clientCertificates: unknown }).clientCertificates, null)
  const ca = authority.cert
  t.match(modelOf(one), {
    clientCertificates: {
      authorities: [{ name: 'partners', ca, crl: null }],
      ...{ userId: 'fingerprint_sha256', userIdPrefix: 'cert:' },
    },
  })
  t.match(modelOf(two), {
    clientCertificates: {
      authorities: [{ name: 'partners' }, { name: 'staff', ca, crl: files['list.crl'] }],
    },
  })
  t.match(
    modelOf(`{ authorities: { partners: { ca_file: ca.pem } }, user_id: san_email, user_id_prefix: "x:" }`),
    {
      clientCertificates: { userId: 'san_email', userIdPrefix: 'x:' },
    },
  )
})

t.test('what is wrong with them is told', async (t) => {
  const told: readonly (readonly [string, RegExp])[] = [
    ['{}', /authorities.*is missing: whose certificates count/],
    ['{ authorities: {} }', /authorities.*is missing/],
    ['{ authorities: [ca.pem] }', /authorities.*expected a mapping/],
    ['{ authorities: { partners: {} } }', /partners.*ca_file/],
    ['{ authorities: { partners: { ca_file: none.pem } } }', /ca_file.*no such file/],
    ['{ authorities: { partners: { ca_file: list.crl } } }', /ca_file.*holds no certificate/],
    ['{ authorities: { partners: { ca_file: ca.pem, crl_file: ca.pem } } }', /crl_file.*no revocation list/],
    ['{ authorities: { partners: { ca_file: ca.pem, crl_file: broken.crl } } }', /crl_file.*cannot be read/],
    ['{ authorities: { "a b": { ca_file: ca.pem } } }', /a name holds letters/],
    [`{ authorities: { partners: { ca_file: ca.pem } }, user_id: email }`, /user_id/],
    [`{ authorities: { partners: { ca_file: ca.pem } }, user_id: organization }`, /user_id/],
    [`{ authorities: { partners: { ca_file: ca.pem } }, user_id: serial }`, /user_id/],
    [`{ authorities: { partners: { ca_file: ca.pem } }, user_id_prefix: "" }`, /user_id_prefix/],
    [`{ authorities: { partners: { ca_file: ca.pem } }, user_id_prefix: "client:" }`, /could be taken for/],
    [
      two.replace('} } }', '} }, user_id: san_email }'),
      /each of partners and staff could give one and the same/,
    ],
  ]
  for (const [written, message] of told) t.match(modelOf(written), message, written)
})

t.test('a location may list `client_certificate`, where certificates count', async (t) => {
  t.match(modelOf(one, `require: signed_in, ${certified}`), {
    apps: [{ fallback: { credentials: ['client_certificate'] } }],
  })
  t.match(modelOf('', `require: signed_in, ${certified}`), /needs `client_certificates` at the top/)
  t.match(
    modelOf(one, `require: signed_in, ${certified}`, ''),
    { apps: [{ providers: [] }] },
    'without a provider',
  )
  const warned = load(one, 'require: signed_in')
  t.match(warned.warnings.map(printIssue).join(), /client_certificates.*opens nothing/)
  t.notMatch(load(one, `require: signed_in, ${certified}`).warnings.map(printIssue).join(), /opens nothing/)
  t.notMatch(
    load(one, 'require: { certificate: { authority: partners }, groups: a }').warnings.map(printIssue).join(),
    /opens nothing/,
  )
  t.match(
    modelOf(one, `require: signed_in, unauthenticated: sign_in, ${certified}`),
    /unauthenticated.*means nothing where `credentials` does not list `session`/,
  )
})

t.test('`certificate` asks for what the certificate of the connection says', async (t) => {
  t.match(requirementOf(one, '{ certificate: { organization: Acme } }'), {
    ...{ kind: 'certificate', claim: 'organization' },
    matcher: { tests: [{ kind: 'is', values: ['Acme'] }] },
  })
  t.match(
    requirementOf(one, '{ certificate: { authority: partners, san_dns: { ends_with: .acme.example } } }'),
    {
      ...{ kind: 'all', of: 'entries' },
      members: [
        { kind: 'certificate', claim: 'authority' },
        { kind: 'certificate', claim: 'san_dns' },
      ],
    },
  )
  t.match(requirementOf('', '{ certificate: { organization: Acme } }'), /needs `client_certificates`/)
  t.match(requirementOf('', '{ claim: certificate, is: x }'), { kind: 'claim', path: 'certificate' })
  t.match(requirementOf(one, '{ claim: certificate, is: x }'), { kind: 'claim', path: 'certificate' })
  const told: readonly (readonly [string, RegExp])[] = [
    ['{ certificate: partners }', /expected what it must say, such as \{authority: partners\}/],
    ['{ certificate: {} }', /the condition is empty/],
    ['{ certificate: { organisation: Acme } }', /did you mean "organization"/],
    ['{ certificate: { email: a@b.c } }', /no certificate says this/],
    ['{ certificate: { authority: partner } }', /no authority of this name; did you mean "partners"/],
    ['{ certificate: { authority: { not: partners } } }', /takes a name or a list of names/],
    ['{ certificate: { organization: "" , authority: partners, any: [x] } }', /no certificate says this/],
  ]
  for (const [rule, message] of told) t.match(requirementOf(one, rule), message, rule)
})

t.test('with several authorities each condition says whose certificate it is about', async (t) => {
  const beside = /each of partners and staff could write this into a certificate: put `authority` beside it/
  t.match(requirementOf(two, '{ certificate: { organization: Acme } }'), beside)
  t.match(requirementOf(two, '{ certificate: { authority: staff, organization: Acme } }'), { kind: 'all' })
  t.match(
    requirementOf(
      two,
      '{ all: [{ certificate: { authority: staff } }, { certificate: { organization: A } }] }',
    ),
    beside,
    'beside it means in the same condition',
  )
  const around = /put an `authority:` beside it or around it/
  const told = (rule: string) => requirementOf(two, rule, certified, '')
  t.match(told('{ organization: Acme }'), around)
  t.match(told('{ organization: Acme, authority: staff }'), { kind: 'all' })
  t.match(told('{ authority: [staff, partners] }'), { kind: 'claim' })
  t.match(told('{ organization: Acme, authority: { not: staff } }'), around)
  t.match(told('{ organization: Acme, authority: { starts_with: s } }'), around)
  t.match(told('{ any: [{ authority: staff }, { organization: Acme }] }'), around)
  t.match(told('{ authority: staff, any: [{ organization: Acme }, { common_name: x }] }'), { kind: 'all' })
  t.match(told('{ none: [{ organization: Acme, authority: staff }] }'), around)
  t.match(told('{ organization: Acme, certificate: { authority: staff } }'), { kind: 'all' })
  const both = 'credentials: [session, client_certificate]'
  t.match(requirementOf(two, '{ provider: acme, groups: a }', both), { kind: 'all' })
  t.match(requirementOf(two, '{ provider: certificates, organization: a }', both), around)
  t.match(requirementOf(two, '{ provider: [acme, certificates], organization: a }', both), around)
})

t.test('certificates count as one more provider where they open something', async (t) => {
  const both = 'credentials: [session, client_certificate]'
  const plain = '{ groups: admins }'
  t.match(requirementOf(one, plain), { kind: 'claim' }, 'nowhere else')
  t.match(
    requirementOf(one, plain, both),
    /accepts acme and certificates, and each of them could send this claim/,
  )
  t.match(requirementOf(one, '{ provider: acme, groups: admins }', both), { kind: 'all' })
  t.match(requirementOf(one, '{ provider: certificates, common_name: x }', both), { kind: 'all' })
  t.match(requirementOf('', '{ provider: certificates }'), /the file has no `client_certificates`/)
  t.match(requirementOf(one, '{ credential: client_certificate }', both), { names: ['client_certificate'] })
  t.match(requirementOf('', '{ credential: client_certificate }'), /the file has no `client_certificates`/)
})

t.test('user ids of certificates are nobody else’s', async (t) => {
  const prefixed = (prefix: string) => acme.replace('client_id', `user_id_prefix: "${prefix}", client_id`)
  const both = 'require: signed_in, credentials: [session, client_certificate]'
  t.match(modelOf(one, both, prefixed('cert:')), /user_id_prefix/)
  t.match(modelOf(one, both, prefixed('cert')), /user_id_prefix/)
  t.match(modelOf(one, both), { providers: new Map([['acme', { foreignPrefixes: ['cert:'] }]]) })
  t.match(modelOf(one), { providers: new Map([['acme', { foreignPrefixes: [] }]]) })
  const keys = `${acme}\napi_keys: { user_id_prefix: "cert:" }`
  const all = 'require: signed_in, credentials: [session, client_certificate, api_key]'
  t.match(modelOf(one, all, keys), /user_id_prefix/)
})

t.test('a key goes by no certificate', async (t) => {
  const keys = `${acme}
api_keys: { self_service: { at: "https://portal.example.com", require: { certificate: { authority: partners } } } }`
  t.match(modelOf(one, 'require: signed_in, credentials: [session, api_key]', keys), /belongs to a request/)
})
