import t from 'tap'
import { webSocketAccept } from '../../../src/core/request/websocket-accept.ts'

t.test('the accept key of the example in RFC 6455 section 1.3', async (t) => {
  t.equal(webSocketAccept('dGhlIHNhbXBsZSBub25jZQ=='), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
})
