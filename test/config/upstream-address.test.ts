import t from 'tap'
import { readUpstreamAddress } from '../../src/config/upstream-address.ts'

t.test('an app is reached at a URL, or by a Unix socket with or without a base path', async (t) => {
  const read = (text: string) => {
    const found = readUpstreamAddress(text)
    if (!found.ok) return found.message
    const { socketPath, address } = found
    return `${socketPath} ${address.origin} ${address.host} ${address.port} ${address.path}`
  }
  t.equal(read('http://10.0.0.5:5000/prod'), 'null http://10.0.0.5:5000 10.0.0.5:5000 5000 /prod')
  t.equal(read('unix:/run/wiki.sock'), '/run/wiki.sock http://localhost localhost 80 ')
  t.equal(read('unix:/run/wiki.sock:/'), '/run/wiki.sock http://localhost localhost 80 ')
  t.equal(read('unix:/run/wiki.sock:/prefix'), '/run/wiki.sock http://localhost localhost 80 /prefix')
  t.equal(read('unix:/run/my wiki.sock:/a/b'), '/run/my wiki.sock http://localhost localhost 80 /a/b')

  const whole = 'expected the whole path of a socket: unix:/run/app.sock'
  for (const text of ['unix:', 'unix:run/wiki.sock', 'unix:./wiki.sock', 'unix::/prefix'])
    t.equal(read(text), whole, text)
  const base = 'the base path behind the socket begins with "/": unix:/run/app.sock:/prefix'
  for (const text of ['unix:/run/wiki.sock:', 'unix:/run/wiki.sock:prefix']) t.equal(read(text), base, text)
  t.match(read('unix:/run/'), 'must not end with "/"')
  t.match(read('unix:/run/a\nb'), 'must not hold controls')
  t.match(read('unix:/run/wiki.sock:/a?b'), 'must not hold a query')
  t.match(read('unix:/run/wiki.sock:/a#b'), 'must not hold a fragment')
  t.equal(read(`unix:/${'s'.repeat(106)}`), `/${'s'.repeat(106)} http://localhost localhost 80 `)
  t.equal(read(`unix:/${'s'.repeat(107)}`), 'the path of a socket has at most 107 bytes')
  t.equal(read(`unix:/${'é'.repeat(54)}`), 'the path of a socket has at most 107 bytes')
  t.match(read('UNIX:/run/wiki.sock'), 'begins with https:// or http://')
})
