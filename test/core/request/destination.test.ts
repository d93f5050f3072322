import t from 'tap'
import { readDestination } from '../../../src/core/request/destination.ts'

const hosts = new Set(['wiki.example', 'wiki.example:443'])
const place = { scheme: 'https', isHost: (host: string) => hosts.has(host) } as const

function read(...lines: readonly string[]) {
  const rawHeaders = ['Host', 'wiki.example', ...lines.flatMap((line) => ['Destination', line])]
  return readDestination(rawHeaders, place)
}

t.test('both forms of RFC 4918 section 10.3 name one target', async (t) => {
  const read1 = (line: string) => {
    const reading = read(line)
    if (!reading.ok || reading.destination === null) return reading
    const { target, absolute } = reading.destination
    return [target.path, target.query, absolute]
  }
  t.same(read1('/b/c'), ['/b/c', '', false])
  t.same(read1('https://wiki.example/b/c/'), ['/b/c/', '', true])
  t.same(read1('HTTPS://WIKI.example:443/b?x=1'), ['/b', '?x=1', true], 'scheme and host in any case')
  t.same(read1('https://wiki.example'), ['/', '', true], 'no path is the root')
  t.same(read1('/b%2dc/%c3%a4'), ['/b-c/%C3%A4', '', false], 'canonical, as any target')
})

t.test('a request without the header has no destination', async (t) => {
  t.same(read(), { ok: true, destination: null })
  t.same(readDestination(['X-Destination', '/b', 'Destination_', '/c'], place), {
    ok: true,
    destination: null,
  })
})

t.test('the name is found in any case', async (t) => {
  const reading = readDestination(['dEsTiNaTiOn', '/b'], place)
  t.match(reading, { ok: true, destination: { target: { path: '/b' } } })
})

t.test(
  'what is no address of the origin, or could be read in two ways, is refused and never repaired',
  async (t) => {
    const refused = [
      '',
      'b/c',
      './b',
      '*',
      '?x',
      '//other.example/b',
      '///b',
      '/\\other.example/b',
      'https:/b',
      'https:b',
      'https:///b',
      'https:\\\\wiki.example\\b',
      'https://other.example/b',
      'https://wiki.example.other.example/b',
      'https://wiki.example./b',
      'https://wiki.example:8443/b',
      'https://wiki.example:/b',
      'https://wiki.example:443:443/b',
      'http://wiki.example/b',
      'http://wiki.example:443/b',
      'ftp://wiki.example/b',
      'dav://wiki.example/b',
      'javascript://wiki.example/b',
      'https://ada@wiki.example/b',
      'https://ada:secret@wiki.example/b',
      'https://wiki.example@other.example/b',
      'https://other.example@wiki.example/b',
      'https://wiki.example\\@other.example/b',
      'https://wiki.example%2fb/c',
      'https://wiki.example#/b',
      'https://wiki.example?x',
      'https://wiki.example/b#c',
      '/b#c',
      '/b?x#c',
      'https://wiki.example/b https://wiki.example/c',
      '/b, /c',
      '/b /c',
      ' /b',
      '/b\t',
      '<https://wiki.example/b>',
      '</b>',
      '"/b"',
      '/ä',
      '/open/../closed',
      '/open/%2e%2e/closed',
      '/open/./b',
      '/open/%2f%2e%2e/b',
      '/open/..;/closed',
      '/open/%5c..%5cclosed',
      '/open/%252e%252e/closed',
      '/open/%c0%ae%c0%ae/closed',
      '/open/%00',
      '/open/%',
      'https://wiki.example//closed',
      'https://wiki.example/open/../closed',
      `/${'x'.repeat(100_000)}`,
    ]
    for (const line of refused) t.same(read(line), { ok: false }, JSON.stringify(line.slice(0, 60)))
  },
)

t.test('several lines are no destination, even where they say the same', async (t) => {
  t.same(read('/b', '/b'), { ok: false })
  t.same(read('/b', ''), { ok: false })
  t.same(readDestination(['Destination', '/b', 'destination', '/c'], place), { ok: false })
})
