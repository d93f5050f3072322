import type { IncomingMessage } from 'node:http'
import t from 'tap'
import {
  attachContext,
  contextOf,
  requestContextIn,
  type ServerContext,
} from '../../../src/http/server/context.ts'
import type { Edition } from '../../../src/runtime/editions.ts'
import { orThrown } from '../../support/thrown.ts'

const edition = (name: string) => ({ runtime: { edition: name }, inUse: 0 }) as unknown as Edition
const parts = { log: 'log', metrics: 'metrics', lingering: 'lingering' }
const server = { ...parts, editions: 'editions' } as unknown as ServerContext

t.test('all requests of an edition have one context, with its runtime', async (t) => {
  const [one, other] = [edition('one'), edition('other')]
  const context = requestContextIn(server, one)
  t.same(context, { ...parts, runtime: { edition: 'one' } })
  t.equal(requestContextIn(server, one), context)
  t.same(requestContextIn(server, other), { ...parts, runtime: { edition: 'other' } })
})

t.test('a request has the context that was hung on it, and without one it is a mistake', async (t) => {
  const [request, bare] = [{}, {}] as unknown as readonly [IncomingMessage, IncomingMessage]
  const context = requestContextIn(server, edition('one'))
  attachContext(request, context)
  t.equal(contextOf(request), context)
  t.match(
    orThrown(() => contextOf(bare)),
    { message: /without passing the request listener/ },
  )
})
