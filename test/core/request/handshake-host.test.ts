import t from 'tap'
import { isOfHandshake } from '../../../src/core/request/handshake-host.ts'

t.test('a Host belongs to a handshake for its name, whatever its port, and to no other', async (t) => {
  const rows: readonly (readonly [string, string | null, boolean])[] = [
    ['api.example.com', 'api.example.com', true],
    ['api.example.com:8443', 'api.example.com', true],
    ['api.example.com', 'wiki.example.com', false],
    ['api.example.com', 'example.com', false],
    ['api.example.com.', 'api.example.com', false],
    ['api.example.com', null, false],
    ['localhost', null, false],
    ['10.0.0.5', null, true],
    ['10.0.0.5:8443', null, true],
    ['[2001:db8::1]', null, true],
    ['[2001:db8::1]:8443', null, true],
    ['10.0.0.5:8443', '10.0.0.5', true],
    ['10.0.0.5', 'api.example.com', false],
    ['10.0.0.5.example.com', null, false],
    ['[::1', null, false],
  ]
  for (const [host, name, expected] of rows) t.equal(isOfHandshake(host, name), expected, `${host} ${name}`)
})
