// What an authority takes back, by lists that OpenSSL wrote.
import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { readCertificateNames, readRevocationList } from '../../../src/core/certificate/revocation-list.ts'
import { createClientAuthority, derOf } from '../../support/client-authority.ts'

const authority = createClientAuthority('Partners')
const good = authority.issue('good')
const lost = authority.issue('lost')
const time = tlv(0x17, Buffer.from('261129000000Z'))
const names = (pem: string) => readCertificateNames(new X509Certificate(pem).raw)

function listOf(pem: string) {
  const reading = readRevocationList(derOf(pem))
  if (!reading.ok) throw new Error(reading.fault)
  return reading.list
}

function faultOf(pem: string | Uint8Array): string | null {
  const reading = readRevocationList(typeof pem === 'string' ? derOf(pem) : pem)
  return reading.ok ? null : reading.fault
}

t.test('an empty list, and one with a certificate', async (t) => {
  const empty = listOf(authority.crl(3))
  t.equal(empty.issuer, names(authority.cert)?.subject)
  t.equal(empty.serials.size, 0)
  const now = Date.now() / 1000
  t.ok(empty.issuedAt < now && empty.endsAt > now + 2.9 * 86_400 && empty.endsAt < now + 3.1 * 86_400)
  t.equal(empty.signed.algorithm, '1.2.840.10045.4.3.2')
  authority.revoke(lost)
  const { serials } = listOf(authority.crl())
  t.same([...serials], [names(lost.cert)?.serial])
  t.notOk(serials.has(names(good.cert)?.serial ?? ''))
})

t.test('the serial is that of the certificate, whatever its first bit', async (t) => {
  for (const { cert } of [good, lost]) {
    const own = new X509Certificate(cert)
    const digits = names(cert)?.serial.replace(/^00/, '').toUpperCase()
    t.equal(digits?.padStart(own.serialNumber.length, '0'), own.serialNumber)
  }
})

t.test('a list that says what must be known and is not is none', async (t) => {
  const partial = 'issuingDistributionPoint=critical,@point\n[point]\nonlyuser=TRUE'
  t.equal(faultOf(createClientAuthority('Partial').crl(7, [partial])), 'extension-unknown')
  const delta = 'deltaCRL=critical,DER:02:01:01'.replace('deltaCRL', '2.5.29.27')
  t.equal(faultOf(createClientAuthority('Delta').crl(7, [delta])), 'extension-unknown')
  t.equal(faultOf(createClientAuthority('Fine').crl(7, ['2.5.29.20=DER:02:01:01'])), null)
})

t.test('and so does an authority that forgets to say that it must be known', async (t) => {
  for (const [what, extension] of [
    ['an addition to another list', '2.5.29.27=DER:02:01:01'],
    ['of people alone', '2.5.29.28=DER:30:03:81:01:FF'],
    ['of others, too', '2.5.29.28=DER:30:03:84:01:FF'],
  ] as const)
    t.equal(faultOf(createClientAuthority('Forgetful').crl(7, [extension])), 'extension-unknown', what)
  const point = extension('2.5.29.28', sequence(tlv(0x81, Buffer.from([0xff]))))
  t.equal(faultOf(list({ extensions: [point] })), 'extension-unknown')
  t.equal(faultOf(list({ entries: [entry('01', extension('2.5.29.29', sequence()))] })), 'extension-unknown')
  const reason = extension('2.5.29.21', Buffer.from('0a0108', 'hex'))
  t.equal(faultOf(list({ entries: [entry('01', reason)] })), null, 'whatever its reason')
})

t.test('an extension that is none is not passed over', async (t) => {
  const type = tlv(0x06, Buffer.from('551d14', 'hex'))
  const value = tlv(0x04)
  const critical = Buffer.from('0101ff', 'hex')
  for (const [what, parts] of [
    ['without a value', [type, critical]],
    ['that must be known', [type, critical, value]],
    ['with more', [type, value, value]],
    ['without a type', [value, value]],
    ['empty', []],
  ] as const) {
    t.equal(faultOf(list({ extensions: [sequence(...parts)] })), 'extension-unknown', what)
    t.equal(
      faultOf(list({ entries: [entry('01', sequence(...parts))] })),
      'extension-unknown',
      `${what}, of one`,
    )
  }
  t.equal(faultOf(list({ extensions: [type] })), 'extension-unknown')
  t.equal(faultOf(list({ extensions: [], besides: sequence(sequence(type, critical, value)) })), 'unreadable')
})

t.test('a number has one form, or a certificate would not be found on the list', async (t) => {
  for (const number of ['', '0001', '00', 'ff', '007f', 'ff80', '0080', '80', '7f']) {
    const isWhole = !['', '0001', '007f', 'ff80'].includes(number)
    t.equal(faultOf(list({ entries: [entry(number)] })), isWhole ? null : 'unreadable', number)
  }
})

t.test('cut or lengthened bytes are no list, and nothing is thrown', async (t) => {
  const der = derOf(authority.crl())
  for (let length = 0; length < der.length; length++) t.equal(faultOf(der.subarray(0, length)), 'unreadable')
  t.equal(faultOf(Buffer.concat([der, Buffer.from([0])])), 'unreadable')
  for (let at = 0; at < der.length; at++) {
    const changed = Buffer.from(der)
    changed[at] = (changed[at] ?? 0) ^ 0xff
    t.doesNotThrow(() => readRevocationList(changed))
  }
  t.equal(faultOf(derOf(good.cert)), 'unreadable')
})

t.test('a hundred thousand entries are read, each looked at once', async (t) => {
  const small = listOfSize(1000)
  const large = listOfSize(100_000)
  t.equal(sizeOf(small), 1000)
  t.equal(sizeOf(large), 100_000)
})

t.test('and what authorities say of each costs about as much as its number', async (t) => {
  const reason = extension('2.5.29.21', Buffer.from('0a0101', 'hex'))
  const [bare, told] = [listOfSize(5000), listOfSize(5000, reason)]
  t.equal(sizeOf(told), 5000)
  const [less = 0, more = 0] = [bare, told].map((der) => Math.min(...[1, 2, 3, 4].map(() => cpuOf(der))))
  t.ok(more < 12 * less, `${more} and ${less} microseconds of CPU`)
})

function cpuOf(der: Uint8Array): number {
  const before = process.cpuUsage()
  readRevocationList(der)
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function sizeOf(der: Uint8Array): number | string {
  const reading = readRevocationList(der)
  return reading.ok ? reading.list.serials.size : reading.fault
}

/** A list of so many numbers. */
function listOfSize(count: number, ...extensions: readonly Uint8Array[]): Uint8Array {
  const numbers = Array.from({ length: count }, (_, index) =>
    (0x01000000 + index).toString(16).padEnd(16, '0'),
  )
  return list({ entries: numbers.map((number) => entry(number.padStart(16, '0'), ...extensions)) })
}

interface Written {
  readonly entries?: readonly Uint8Array[]
  readonly extensions?: readonly Uint8Array[]
  /** What stands in the brackets behind the extensions. */
  readonly besides?: Uint8Array
}

/** Nobody signed it. */
function list({ entries = [], extensions, besides }: Written): Uint8Array {
  const algorithm = sequence(Buffer.from('06082a8648ce3d040302', 'hex'))
  const inBrackets = extensions && tlv(0xa0, sequence(...extensions), ...(besides ? [besides] : []))
  const body = sequence(
    ...[Buffer.from('020101', 'hex'), algorithm, sequence(), time, time],
    ...[sequence(Buffer.concat(entries)), ...(inBrackets ? [inBrackets] : [])],
  )
  return sequence(body, algorithm, tlv(0x03, Buffer.from([0, 1])))
}

function entry(number: string, ...extensions: readonly Uint8Array[]): Uint8Array {
  const all = extensions.length === 0 ? [] : [sequence(...extensions)]
  return sequence(tlv(0x02, Buffer.from(number, 'hex')), time, ...all)
}

function extension(oid: string, value: Uint8Array): Uint8Array {
  const [first = 0, second = 0, ...others] = oid.split('.').map(Number)
  return sequence(tlv(0x06, Buffer.from([first * 40 + second, ...others])), tlv(0x04, value))
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tlv(0x30, ...parts)
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(content.length)
  const length =
    content.length < 128 ? [content.length] : [0x84 - leading(bytes), ...bytes.subarray(leading(bytes))]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

function leading(bytes: Uint8Array): number {
  return bytes.findIndex((byte) => byte !== 0)
}
