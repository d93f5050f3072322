import t from 'tap'
import { isPrivate, mostOf, networkOf, unknownNetwork } from '../../../src/core/limits/network.ts'
import { type AddressRange, readAddress, readAddressRange } from '../../../src/core/request/address.ts'
import { clientAddress } from '../../../src/core/request/forwarded.ts'

t.test('a network is an IPv4 address or the first 64 bits of IPv6', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.8', '192.0.2.8'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::6', '2001:db8:1:3::/64'],
    ['::1', '::/64'],
  ]
  for (const [text, network] of cases) {
    const address = readAddress(text)
    t.equal(address === null ? null : networkOf(address), network, text)
  }
})

t.test('what is not routed on the internet is private', async (t) => {
  const within = ['127.0.0.1', '10.255.0.1', '172.16.0.1', '172.31.255.255', '192.168.9.9', '169.254.1.1']
  const within6 = ['100.64.0.1', '100.127.255.255', '::1', 'fc00::1', 'fdff::1', 'fe80::1', '::ffff:10.0.0.1']
  const without = ['126.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255']
  const without6 = ['100.63.255.255', '100.128.0.0', '::2', 'fbff::1', 'fec0::1', '2001:db8::1', '192.0.2.7']
  for (const text of [...within, ...within6, ...without, ...without6]) {
    const address = readAddress(text)
    t.equal(address !== null && isPrivate(address), [...within, ...within6].includes(text), text)
  }
})

const trusted: readonly AddressRange[] = ['10.0.0.0/8'].flatMap((text) => {
  const reading = readAddressRange(text)
  return reading.ok ? [reading.range] : []
})

t.test('a client counts to the network of its own address, as trusted proxies say it', async (t) => {
  const shown = (key: string) => ({ key, hidden: false })
  t.same(clientAddress('192.0.2.7', [], trusted).network, shown('192.0.2.7'))
  t.same(clientAddress('10.0.0.1', ['192.0.2.9'], trusted).network, shown('192.0.2.9'))
  t.same(clientAddress('10.0.0.1', ['2001:db8::9'], trusted).network, shown('2001:db8::/64'))
  t.same(clientAddress('172.17.0.1', [], trusted).network, shown('172.17.0.1'), 'a client of this network')
})

t.test(
  'behind a private peer that passes requests on, untrusted, networks cannot be told apart',
  async (t) => {
    const hidden = (key: string) => ({ key, hidden: true })
    for (const peer of ['172.17.0.1', '127.0.0.1']) {
      t.same(clientAddress(peer, ['192.0.2.9'], trusted).network, hidden(peer))
      t.same(clientAddress(peer, [''], trusted).network, hidden(peer), 'whatever it says')
      t.same(
        clientAddress(peer, [], trusted).network,
        { key: peer, hidden: false },
        'and not before it says so',
      )
    }
    t.same(clientAddress('::1', ['192.0.2.9'], []).network, hidden('::/64'))
    const onTheInternet = clientAddress('192.0.2.7', ['198.51.100.1'], trusted).network
    t.same(onTheInternet, { key: '192.0.2.7', hidden: false }, 'anybody there can write the header')
  },
)

t.test('clients whose trusted proxy says no address are one network of many', async (t) => {
  t.same(clientAddress('10.0.0.1', [], trusted).network, unknownNetwork)
  t.same(clientAddress('10.0.0.1', ['nonsense'], trusted).network, unknownNetwork)
  t.same(clientAddress(undefined, [], trusted).network, unknownNetwork)
})

t.test('a limit counts a hundredfold for networks that cannot be told apart', async (t) => {
  t.equal(mostOf(20, { key: '192.0.2.7', hidden: false }), 20)
  t.equal(mostOf(20, { key: '10.0.0.1', hidden: true }), 2000)
})
