// What an authority takes back, by lists that OpenSSL wrote.
import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { readCertificateNames, readRevocationList } from '../../../src/core/certificate/revocation-list.ts'
import { createClientAuthority, derOf } from '../../support/client-authority.ts'

const authority = createClientAuthority('Partners')
const good = authority.issue('good')
const lost = authority.issue('lost')
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
  const small = listWith(1000)
  const large = listWith(100_000)
  t.equal(listSize(small), 1000)
  t.equal(listSize(large), 100_000)
})

function listSize(der: Uint8Array): number | string {
  const reading = readRevocationList(der)
  return reading.ok ? reading.list.serials.size : reading.fault
}

/** A list of so many numbers; nobody signed it. */
function listWith(count: number): Uint8Array {
  const sequence = (...parts: readonly Uint8Array[]) => tlv(0x30, ...parts)
  const time = tlv(0x17, Buffer.from('261129000000Z'))
  const algorithm = sequence(Buffer.from('06082a8648ce3d040302', 'hex'))
  const entries = Array.from({ length: count }, (_, index) => {
    const number = Buffer.alloc(8)
    number.writeUInt32BE(0x01000000 + index, 0)
    return sequence(tlv(0x02, number), time)
  })
  const body = sequence(
    Buffer.from('020101', 'hex'),
    algorithm,
    sequence(),
    time,
    time,
    sequence(Buffer.concat(entries)),
  )
  return sequence(body, algorithm, tlv(0x03, Buffer.from([0, 1])))
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
