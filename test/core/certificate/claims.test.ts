import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import tap from 'tap'
import { readCertificateClaims } from '../../../src/core/certificate/claims.ts'
import { limits } from '../../../src/core/limits/table.ts'
import * as x509 from '../../support/der.ts'

const { altNames, attribute, certificate, der, rdn, sequence, set, string } = x509

const cn = '2.5.4.3'
const o = '2.5.4.10'
const ou = '2.5.4.11'

function openssl(certificateDer: Buffer, ...args: string[]): string {
  const input = certificateDer
  return execFileSync('openssl', ['x509', '-inform', 'DER', '-noout', ...args], { input, encoding: 'utf8' })
}

tap.test('The claims are those that the contract lists, and no others', async (t) => {
  const written = certificate({
    subject: [
      rdn('2.5.4.6', string('printable', 'DE')),
      rdn(o, string('utf8', 'Acme')),
      rdn(cn, string('utf8', 'shop')),
    ],
    extensions: [
      altNames(x509.dns('shop.example.com'), x509.uri('spiffe://acme/shop'), x509.email('it@acme.example')),
    ],
    serial: Buffer.from('00c0ffee', 'hex'),
  })
  t.strictSame(readCertificateClaims(written, 'partners'), {
    authority: 'partners',
    subject: 'CN=shop,O=Acme,C=DE',
    issuer: 'CN=Test CA',
    organization: 'Acme',
    common_name: 'shop',
    san_dns: 'shop.example.com',
    san_uri: 'spiffe://acme/shop',
    san_email: 'it@acme.example',
    serial: 'C0FFEE',
    fingerprint_sha256: createHash('sha256').update(written).digest('hex'),
    not_after: Date.parse('2030-12-31T23:59:59Z') / 1000,
  })
})

tap.test('One value is a text, several are a list in their order, none is no claim', async (t) => {
  const subject = [
    rdn(ou, string('utf8', 'b')),
    rdn(ou, string('utf8', 'a')),
    rdn(ou, string('utf8', 'a')),
    rdn(cn, string('utf8', '')),
  ]
  const extensions = [altNames(x509.dns('b.example'), x509.dns('a.example'))]
  const claims = readCertificateClaims(certificate({ subject, extensions }), 'partners')
  t.strictSame(claims?.organizational_unit, ['b', 'a', 'a'])
  t.equal(claims?.common_name, '')
  t.strictSame(claims?.san_dns, ['b.example', 'a.example'])
  t.notOk(claims !== null && 'organization' in claims)
  t.notOk(claims !== null && 'san_email' in claims)
  t.notOk(claims !== null && 'san_uri' in claims)
  t.equal(readCertificateClaims(certificate({}), 'partners')?.subject, '', 'nobody’s name is a name')
})

tap.test('An RDN may have several attributes, and all of them count', async (t) => {
  const both = set(attribute(cn, string('utf8', 'shop')), attribute(ou, string('utf8', 'web')))
  const claims = readCertificateClaims(
    certificate({ subject: [rdn(o, string('utf8', 'Acme')), both] }),
    'partners',
  )
  t.match(claims, { common_name: 'shop', organizational_unit: 'web', organization: 'Acme' })
  t.equal(claims?.subject, 'OU=web+CN=shop,O=Acme')
})

tap.test('Each encoding of text is read as it is meant', async (t) => {
  const texts = [
    ['utf8', 'Müller ﬁ 😀'],
    ['printable', 'Acme (Berlin)'],
    ['t61', 'Müller'],
    ['ia5', 'a@b'],
    ['numeric', '12 34'],
    ['bmp', 'Müller – λ'],
    ['universal', 'Mueller'],
  ] as const
  for (const [type, text] of texts) {
    const claims = readCertificateClaims(certificate({ subject: [rdn(o, string(type, text))] }), 'partners')
    t.equal(claims?.organization, text, type)
  }
})

tap.test('What an encoding does not have is refused, and so is every control character', async (t) => {
  const faulty: readonly (readonly [string, Buffer])[] = [
    ['NUL in UTF8String', string('utf8', 'Acme\0.evil')],
    ['NUL in PrintableString', string('printable', 'Acme\0')],
    ['NUL in BMPString', string('bmp', 'Ac\0me')],
    ['NUL in T61String', string('t61', 'Ac\0me')],
    ['a line break', string('utf8', 'Acme\nO=Other')],
    ['DEL', string('utf8', 'Acme\x7f')],
    ['a control of Latin-1', string('t61', 'Acme\x85')],
    ['a control of Unicode', string('utf8', 'Acme\x9b')],
    ['UTF8String that is none', string('utf8', Buffer.from('ff41', 'hex'))],
    ['an overlong NUL', string('utf8', Buffer.from('41c080', 'hex'))],
    ['a surrogate in UTF8String', string('utf8', Buffer.from('eda080', 'hex'))],
    ['PrintableString with a high byte', string('printable', Buffer.from('41fc', 'hex'))],
    ['IA5String with a high byte', string('ia5', Buffer.from('41fc', 'hex'))],
    ['half a character of BMPString', string('bmp', Buffer.from('004100', 'hex'))],
    ['surrogates in BMPString', string('bmp', '😀')],
    ['beyond Unicode', string('universal', Buffer.from('00110000', 'hex'))],
    ['a string in pieces', der(0x2c, string('utf8', 'Acme'))],
    ['no text at all', der(0x02, Buffer.from([1]))],
  ]
  for (const [name, value] of faulty) {
    t.equal(readCertificateClaims(certificate({ subject: [rdn(o, value)] }), 'partners'), null, name)
  }
  const nul = string('utf8', 'a\0b')
  t.equal(
    readCertificateClaims(certificate({ subject: [rdn('2.5.4.12', nul)] }), 'p'),
    null,
    'in any attribute',
  )
  t.equal(readCertificateClaims(certificate({ issuer: [rdn(cn, nul)] }), 'p'), null, 'of the issuer too')
  const hidden = set(attribute(o, string('utf8', 'Acme')), attribute(cn, nul))
  t.equal(readCertificateClaims(certificate({ subject: [hidden] }), 'p'), null, 'beside another')
})

tap.test('Alternative names: texts in ASCII count, names of other kinds are ignored', async (t) => {
  const claimsOf = (...names: readonly Uint8Array[]) =>
    readCertificateClaims(certificate({ extensions: [altNames(...names)] }), 'partners')
  const claims = claimsOf(
    x509.otherName('1.3.6.1.4.1.311.20.2.3', string('utf8', 'root@corp.example')),
    x509.otherName('1.3.6.1.5.5.7.8.9', string('utf8', 'ceo\0@corp.example')),
    der(0x87, Buffer.from([127, 0, 0, 1])),
    der(0xa4, sequence(rdn(cn, string('utf8', 'directory')))),
    x509.email('it@acme.example'),
  )
  t.equal(claims?.san_email, 'it@acme.example')
  t.notOk(claims !== null && ('san_dns' in claims || 'san_uri' in claims || 'common_name' in claims))

  t.equal(claimsOf(x509.email('a@b\0.c')), null, 'NUL')
  t.equal(claimsOf(x509.dns('a\nb')), null, 'a line break')
  t.equal(claimsOf(x509.uri('https://ü')), null, 'beyond ASCII')
  t.equal(claimsOf(der(0xa1, x509.email('a@b.c'))), null, 'in pieces')
  t.equal(
    readCertificateClaims(
      certificate({ extensions: [altNames(x509.email('a@b.c')), altNames(x509.email('d@e.f'))] }),
      'p',
    ),
    null,
    'an extension that stands twice',
  )
  const broken = x509.extension('2.5.29.17', Buffer.from('3005', 'hex'))
  t.equal(readCertificateClaims(certificate({ extensions: [broken] }), 'p'), null, 'one that cannot be read')
  const trailing = x509.extension(
    '2.5.29.17',
    Buffer.concat([sequence(x509.email('a@b.c')), Buffer.from([0])]),
  )
  t.equal(readCertificateClaims(certificate({ extensions: [trailing] }), 'p'), null, 'with bytes behind it')
})

tap.test('What is no certificate counts as none', async (t) => {
  const good = certificate({ subject: [rdn(cn, string('utf8', 'shop'))] })
  t.ok(readCertificateClaims(good, 'p'))
  t.equal(readCertificateClaims(new Uint8Array(), 'p'), null, 'nothing')
  t.equal(readCertificateClaims(Buffer.concat([good, Buffer.from([0])]), 'p'), null, 'a byte too many')
  for (let cut = 1; cut < good.length; cut += 7)
    t.equal(readCertificateClaims(good.subarray(0, good.length - cut), 'p'), null, `${cut} bytes too few`)
  const long = certificate({ subject: [rdn(cn, string('utf8', 'a'.repeat(limits.certificateBytes)))] })
  t.equal(readCertificateClaims(long, 'p'), null, 'a long one')
  const deep = Array.from({ length: 500 }).reduce<Buffer>((inner) => sequence(inner), sequence())
  t.equal(readCertificateClaims(deep, 'p'), null, 'a deep one')
  // The same content with a length in two bytes where one would do, and of indefinite length: BER, and no DER.
  const body = good.subarray(4)
  t.equal(
    readCertificateClaims(Buffer.concat([Buffer.from('30830000', 'hex'), good.subarray(3, 4), body]), 'p'),
    null,
    'a long length',
  )
  t.equal(
    readCertificateClaims(Buffer.concat([Buffer.from('3080', 'hex'), body, Buffer.from('0000', 'hex')]), 'p'),
    null,
    'an indefinite length',
  )
  const time = (tag: number, text: string) => certificate({ notAfter: der(tag, Buffer.from(text)) })
  for (const text of ['301231235959', '30123123595Z', '301231235959+0100', '309931235959Z'])
    t.equal(readCertificateClaims(time(0x17, text), 'p'), null, text)
  t.equal(readCertificateClaims(time(0x18, '301231235959Z'), 'p'), null, 'a short year')
  t.equal(
    readCertificateClaims(time(0x18, '20501231235959Z'), 'p')?.not_after,
    Date.parse('2050-12-31T23:59:59Z') / 1000,
  )
  t.equal(
    readCertificateClaims(time(0x17, '491231235959Z'), 'p')?.not_after,
    Date.parse('2049-12-31T23:59:59Z') / 1000,
  )
  t.equal(
    readCertificateClaims(time(0x17, '500101000000Z'), 'p')?.not_after,
    Date.parse('1950-01-01T00:00:00Z') / 1000,
  )
})

tap.test('Names, serial and fingerprint are written as OpenSSL and Node write them', async (t) => {
  const types = [
    ...['2.5.4.4', '2.5.4.5', '2.5.4.7', '2.5.4.8', '2.5.4.9', '2.5.4.12', '2.5.4.13', '2.5.4.15'],
    ...['2.5.4.17', '2.5.4.42', '2.5.4.43', '2.5.4.44', '2.5.4.46', '2.5.4.65', '2.5.4.97'],
    ...['1.2.840.113549.1.9.1', '0.9.2342.19200300.100.1.1', '0.9.2342.19200300.100.1.25'],
    ...['1.3.6.1.4.1.311.60.2.1.1', '1.3.6.1.4.1.311.60.2.1.2', '1.3.6.1.4.1.311.60.2.1.3'],
  ]
  const texts = ['Acme, "Inc" <x>; a+b \\ c', ' Acme ', '#1', ' ', '  ', '', 'a=b', 'a#b', 'Müller 😀']
  const subject = [
    rdn('2.5.4.6', string('printable', 'DE')),
    ...types.map((type) => rdn(type, string('utf8', 'value'))),
    ...texts.map((text) => rdn(o, string('utf8', text))),
    rdn(ou, string('bmp', 'λ')),
    rdn(ou, string('t61', 'Ü')),
    set(attribute(cn, string('utf8', 'shop')), attribute(ou, string('utf8', 'web'))),
    rdn('1.2.3.4', string('utf8', 'unknown')),
    rdn('2.5.4.45', der(0x03, Buffer.from([0, 1, 2]))),
    rdn('2.5.4.13', der(0x03, Buffer.from([0, 7]))),
  ]
  const serials = ['00', '0080', 'ff', '0fff', '00ffffffffffffffffffffffffffffffffffffffff']
  for (const serial of serials) {
    const written = certificate({ subject, issuer: subject, serial: Buffer.from(serial, 'hex') })
    const claims = readCertificateClaims(written, 'p')
    const printed = openssl(written, '-subject', '-issuer', '-serial', '-nameopt', 'RFC2253,-esc_msb')
    t.equal(`subject=${claims?.subject}\nissuer=${claims?.issuer}\nserial=${claims?.serial}\n`, printed)
    const { fingerprint256 } = new X509Certificate(written)
    t.equal(claims?.fingerprint_sha256, fingerprint256.replaceAll(':', '').toLowerCase())
  }
})
