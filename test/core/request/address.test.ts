import t from 'tap'
import { contains, formatAddress, readAddress, readAddressRange } from '../../../src/core/request/address.ts'

t.test('addresses are read strictly and written in one way', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['0.0.0.0', '0.0.0.0'],
    ['10.0.0.5', '10.0.0.5'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['0:0:0:1::', '0:0:0:1::'],
    ['1:2:3:10:0:0:7:8', '1:2:3:10::7:8'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['::ffff:10.0.0.5', '10.0.0.5'],
    ['::ffff:a00:5', '10.0.0.5'],
    ['0:0:0:0:0:FFFF:10.0.0.5', '10.0.0.5'],
    ['::10.0.0.5', '::a00:5'],
  ]
  for (const [text, canonical] of cases) {
    const address = readAddress(text)
    t.equal(address && formatAddress(address), canonical, text)
  }
})

t.test('what different programs read differently is no address', async (t) => {
  const texts = [
    ...[
      '',
      ' ',
      '1',
      '1.2.3',
      '1.2.3.4.5',
      '01.2.3.4',
      '1.2.3.256',
      '0x7f.0.0.1',
      '2130706433',
      '1.2.3.-4',
      '1..2.3',
    ],
    ...[
      ' 1.2.3.4',
      '1.2.3.4 ',
      '1.2.3.4:80',
      '[::1]',
      '[::1]:80',
      '::1%eth0',
      'fe80::1%1',
      '1.2.3.4%0',
      'localhost',
    ],
    ...[
      ':',
      ':::',
      '1:::2',
      '::1::',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7:8::',
      ':1:2:3:4:5:6:7',
    ],
    ...[
      '1:2:3:4:5:6:7:',
      '12345::',
      'g::',
      '::1.2.3',
      '1.2.3.4::',
      '::1.2.3.4:5',
      '::ffff:1.2.3.256',
      '１.2.3.4',
    ],
  ]
  for (const text of texts) t.equal(readAddress(text), null, JSON.stringify(text))
})

t.test('ranges tell what is wrong with them', async (t) => {
  const cases: readonly (readonly [string, object])[] = [
    ['10.0.0.0/8', { ok: true, range: { family: 4, bits: 8, text: '10.0.0.0/8' } }],
    ['10.1.2.3', { ok: true, range: { family: 4, bits: 32 } }],
    ['0.0.0.0/0', { ok: true, range: { family: 4, bits: 0 } }],
    ['::/0', { ok: true, range: { family: 6, bits: 0 } }],
    ['2001:db8::/32', { ok: true, range: { family: 6, bits: 32 } }],
    ['::ffff:10.0.0.0/104', { ok: true, range: { family: 4, bits: 8 } }],
    ['::ffff:10.0.0.1', { ok: true, range: { family: 4, bits: 32 } }],
    ['10.0.0.1/8', { ok: false, reason: 'host-bits', network: '10.0.0.0/8' }],
    ['2001:db8::1/32', { ok: false, reason: 'host-bits', network: '2001:db8::/32' }],
    ['::ffff:10.0.0.0/95', { ok: false, reason: 'prefix-length' }],
    ['10.0.0.0/33', { ok: false, reason: 'prefix-length' }],
    ['10.0.0.0/08', { ok: false, reason: 'prefix-length' }],
    ['10.0.0.0/', { ok: false, reason: 'prefix-length' }],
    ['10.0.0.0/255.0.0.0', { ok: false, reason: 'prefix-length' }],
    ['10.0.0.0/8/8', { ok: false, reason: 'prefix-length' }],
    ['::/129', { ok: false, reason: 'prefix-length' }],
    ['10.0.0/8', { ok: false, reason: 'address' }],
    ['1', { ok: false, reason: 'address' }],
  ]
  for (const [text, expected] of cases) t.match(readAddressRange(text), expected, text)
})

t.test('an address lies in a network when the first bits are equal', async (t) => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['0.0.0.0/0', '255.1.2.3', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '10.0.0.1', false],
    ['::/0', 'fe80::1', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
  ]
  for (const [network, text, inside] of cases) {
    const reading = readAddressRange(network)
    const address = readAddress(text)
    t.equal(
      reading.ok && address !== null && contains(reading.range, address),
      inside,
      `${text} in ${network}`,
    )
  }
})
