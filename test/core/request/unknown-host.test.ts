import t from 'tap'
import { describeUnknownHost } from '../../../src/core/request/unknown-host.ts'

// What an operator reads of a Host that no app has.

const hosts = new Map(
  ['https://wiki.example.com', 'https://shop.example.com:8443', 'http://localhost:3000'].map((origin) => [
    new URL(origin).host,
    { origin },
  ]),
)
const nearest = (host: string) => /nearest `url` is (\S+);/.exec(describeUnknownHost(hosts, host))?.[1]

t.test('the host that came, and the url that is nearest to it', async (t) => {
  t.equal(
    describeUnknownHost(hosts, 'wikki.example.com'),
    'the Host is "wikki.example.com", and the nearest `url` is https://wiki.example.com; what stands in front must pass Host on as it is',
  )
  t.equal(nearest('wiki.example.com:8080'), 'https://wiki.example.com', 'another port')
  t.equal(nearest('shop.example.com'), 'https://shop.example.com:8443')
  t.equal(nearest('www.wiki.example.com'), 'https://wiki.example.com')
  t.equal(nearest('localhost:8080'), 'http://localhost:3000')
  t.equal(nearest('10.0.0.5'), 'https://wiki.example.com', 'where none is near, the first')
})

t.test('it is cut, and an empty file has none', async (t) => {
  const said = describeUnknownHost(hosts, `${'a'.repeat(5000)}.example.com`)
  t.match(said, `"${'a'.repeat(100)}…"`)
  t.ok(said.length < 300)
  t.match(describeUnknownHost(new Map(), 'x'), 'and the file has no app;')
})
