import t from 'tap'
import { type AddressRange, readAddressRange } from '../../../src/core/request/address.ts'
import {
  clientAddress,
  forwardedProto,
  type Peer,
  peerOf,
  trustedSocket,
} from '../../../src/core/request/forwarded.ts'
import { readHost } from '../../../src/core/request/host.ts'

function ranges(...texts: readonly string[]): AddressRange[] {
  return texts.flatMap((text) => {
    const reading = readAddressRange(text)
    return reading.ok ? [reading.range] : []
  })
}

const proxies = ranges('10.0.0.0/8', '2001:db8::/32')

function client(peer: Peer, lines: readonly string[], trusted = proxies): string | null {
  const result = clientAddress(peer, lines, trusted)
  return result.known ? result.text : null
}

t.test('S-050: what an untrusted peer says of itself is not read', async (t) => {
  t.equal(client('192.0.2.7', ['9.9.9.9']), '192.0.2.7')
  t.equal(client('192.0.2.7', ['9.9.9.9'], []), '192.0.2.7')
  t.equal(client('10.0.0.1', ['9.9.9.9'], []), '10.0.0.1')
  t.equal(client('::ffff:192.0.2.7', []), '192.0.2.7')
  t.equal(client('2A00::0001', []), '2a00::1')
  t.equal(client('fe80::1%eth0', []), 'fe80::1', "the kernel's zone id is no part of the address")
  t.equal(client(undefined, ['9.9.9.9']), null)
})

t.test('a trusted peer on a Unix socket says who asks, as any trusted proxy does', async (t) => {
  t.equal(client(trustedSocket, ['9.9.9.9, 192.0.2.7']), '192.0.2.7')
  t.equal(client(trustedSocket, ['192.0.2.7, 10.0.0.1']), '192.0.2.7', 'behind another trusted proxy')
  t.equal(client(trustedSocket, ['192.0.2.7'], []), '192.0.2.7')
  t.equal(client(trustedSocket, []), null, 'it names none')
  t.equal(client(trustedSocket, ['unix:']), null, 'nginx writes this for clients of a socket of its own')
  const schemes = ['http, https']
  t.equal(forwardedProto(trustedSocket, { clients: ['192.0.2.7, 10.0.0.1'], schemes }, proxies), 'http')
  t.equal(forwardedProto(trustedSocket, { clients: [], schemes: ['https'] }, []), 'https')
})

t.test(
  'a peer without an address is trusted only where it came by a socket, and sockets are believed',
  async (t) => {
    t.equal(peerOf({ trustsSocket: true }, { isUnix: true }), trustedSocket)
    t.equal(peerOf({ trustsSocket: false }, { isUnix: true }), undefined)
    t.equal(peerOf({ trustsSocket: true }, { isUnix: false }), undefined, 'a connection that is gone')
    t.equal(peerOf({ trustsSocket: true }, {}), undefined)
    t.equal(peerOf({ trustsSocket: true }, { remoteAddress: '192.0.2.7' }), '192.0.2.7')
    t.equal(client(undefined, ['192.0.2.7'], []), null)
  },
)

t.test('S-051: of a trusted peer the rightmost entry that is no trusted proxy counts', async (t) => {
  const cases: readonly (readonly [readonly string[], string | null])[] = [
    [['1.1.1.1, 2.2.2.2'], '2.2.2.2'],
    [['1.1.1.1, 2.2.2.2, 10.0.0.9'], '2.2.2.2'],
    [['1.1.1.1', '2.2.2.2 ,\t10.0.0.9', '2001:db8::5'], '2.2.2.2'],
    [['1.1.1.1', ' 2.2.2.2'], '2.2.2.2'],
    [['::ffff:2.2.2.2'], '2.2.2.2'],
    [['garbage, 2.2.2.2'], '2.2.2.2'],
    [['2.2.2.2, garbage'], null],
    [['2.2.2.2, garbage, 10.0.0.9'], null],
    [['2.2.2.2:443'], '2.2.2.2'],
    [['1.1.1.1:1, 2.2.2.2:65535, 10.0.0.9:80'], '2.2.2.2'],
    [['[2a00::1]:443'], '2a00::1'],
    [['[2a00::1]'], '2a00::1'],
    [['1.1.1.1, [2001:db8::7]:9'], '1.1.1.1'],
    [['2.2.2.2:'], null],
    [['2.2.2.2:65536'], null],
    [['2.2.2.2:123456'], null],
    [['2.2.2.2:+1'], null],
    [['2.2.2.2:80:80'], null],
    [['[2.2.2.2]:80'], null],
    [['[2a00::1]443'], null],
    [['[2a00::1]:'], null],
    [['[2a00::1'], null],
    [['2a00::1]:443'], null],
    [['[]:80'], null],
    [[':80'], null],
    [['2a00::1:443'], '2a00::1:443'],
    [['fe80::1%eth0'], null],
    [['2.2.2.2, '], null],
    [['unknown'], null],
    [['10.0.0.7, 10.0.0.8'], null],
    [[''], null],
    [[], null],
  ]
  for (const [lines, expected] of cases) {
    t.equal(client('10.0.0.1', lines), expected, JSON.stringify(lines))
    t.equal(client('::ffff:10.0.0.1', lines), expected, 'and through a socket that speaks both families')
  }
})

t.test('S-088: the scheme is what was said at the place of the client, or nothing', async (t) => {
  const one = '9.9.9.9'
  const two = '9.9.9.9, 10.0.0.9'
  const cases: readonly (readonly [string, string, readonly string[], 'http' | 'https' | null])[] = [
    ['10.0.0.1', one, ['https'], 'https'],
    ['10.0.0.1', one, ['HTTP'], 'http'],
    ['10.0.0.1', one, ['https, http'], 'http'],
    ['10.0.0.1', one, ['http', 'https'], 'https'],
    ['10.0.0.1', two, ['https, http'], 'https'],
    ['10.0.0.1', two, ['http,https'], 'http'],
    ['10.0.0.1', two, ['http', 'https', 'http'], 'https'],
    ['10.0.0.1', two, ['https'], 'https'],
    ['10.0.0.1', two, ['\thttps ,http'], 'https'],
    ['10.0.0.1', `1.1.1.1, ${two}, 10.0.0.8:443`, ['https, http, http'], 'https'],
    ['10.0.0.1', `garbage, 10.0.0.9`, ['https, http'], 'https'],
    ['10.0.0.1', '10.0.0.7, 10.0.0.8', ['https, http'], 'https'],
    ['10.0.0.1', '', ['https, http'], 'http'],
    ['10.0.0.1', two, ['javascript, https'], null],
    ['10.0.0.1', one, ['javascript'], null],
    ['10.0.0.1', one, [''], null],
    ['10.0.0.1', one, [], null],
    ['192.0.2.7', one, ['http'], null],
  ]
  for (const [peer, clients, lines, expected] of cases) {
    const said = forwardedProto(peer, { clients: [clients], schemes: lines }, proxies)
    t.equal(said, expected, `${peer} ${clients} ${JSON.stringify(lines)}`)
  }
  t.equal(forwardedProto('10.0.0.1', { clients: [], schemes: ['https,http'] }, proxies), 'http')
  t.equal(forwardedProto('10.0.0.1', { clients: [one], schemes: ['http'] }, []), null, 'nobody is trusted')
})

t.test('S-089, S-090: one Host, compared in lower case, with the port as sent', async (t) => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['Host', 'gw.example'], 'gw.example'],
    [['accept', '*/*', 'hOsT', 'GW.Example:8443'], 'gw.example:8443'],
    [['host', '[::1]:8080'], '[::1]:8080'],
    [['host', 'my_app.internal'], 'my_app.internal'],
    [['X-Forwarded-Host', 'evil.test', 'Host', 'gw.example'], 'gw.example'],
  ]
  for (const [raw, host] of cases) t.same(readHost(raw), { ok: true, host }, JSON.stringify(raw))
})

t.test('S-078: a Host that is missing, repeated or malformed is refused', async (t) => {
  const invalid = { ok: false, reason: 'host-invalid' }
  t.same(readHost([]), invalid)
  t.same(readHost(['X-Forwarded-Host', 'gw.example']), invalid)
  t.same(readHost(['Host', 'gw.example', 'Host', 'gw.example']), invalid)
  t.same(readHost(['Host', 'gw.example', 'hosT', 'evil.test']), invalid)
  for (const value of [
    ...[
      '',
      ' ',
      'gw.example@evil.test',
      'u:p@gw.example',
      'gw.example, evil.test',
      '[::1',
      '::1',
      '[::1]x',
      '[g]',
    ],
    ...[
      'gw.example:',
      'gw.example:x',
      'gw.example:123456',
      'gw.example/',
      'gw.example?x',
      'gw.example#',
      'gw example',
    ],
    ...['gw.example\\evil', 'gw%2eexample', 'g\u00fcw.example', 'gw.example\t', 'http://gw.example', ':80'],
  ]) {
    t.same(readHost(['Host', value]), invalid, JSON.stringify(value))
  }
})

t.test('blanks around an entry are none of it, those within make it no address', async (t) => {
  const many = ' \t'.repeat(10_000)
  t.equal(client('10.0.0.1', [`${many}2.2.2.2${many}`]), '2.2.2.2')
  t.equal(client('10.0.0.1', [`1.1.1.1,${many}2.2.2.2${many},${many}10.0.0.9`]), '2.2.2.2')
  t.equal(client('10.0.0.1', [`2.2.2.2${many}x`]), null)
  t.equal(client('10.0.0.1', ['\u00a02.2.2.2']), null, 'spaces and tabs alone are blanks')
  t.equal(client('10.0.0.1', [',2.2.2.2']), '2.2.2.2')
  t.equal(client('10.0.0.1', ['1.1.1.1,']), null)
  t.equal(client('10.0.0.1', [`::${'0'.repeat(63)}`]), null, 'longer than any address')
})
