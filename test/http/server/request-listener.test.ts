import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { createLog } from '../../../src/http/operations/log.ts'
import { createMetrics } from '../../../src/http/operations/metrics.ts'
import { createLingeringCloses } from '../../../src/http/server/lingering-close.ts'
import { openListeners } from '../../../src/http/server/listeners.ts'
import { openOwnFront } from '../../../src/http/server/own-front.ts'
import { createRequestIds } from '../../../src/http/server/request-ids.ts'
import { createEditions } from '../../../src/runtime/editions.ts'
import { openRuntime } from '../../../src/runtime/open.ts'
import type { SessionLookup } from '../../../src/runtime/sessions.ts'
import { freePort } from '../../support/ports.ts'
import { rawClient } from '../../support/raw.ts'
import { recordingUpstream } from '../../support/upstream.ts'

t.test(
  'a client that leaves while its session is looked up has its line, once, and goes no further',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'claimgate-test-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const upstream = await recordingUpstream()
    t.teardown(() => upstream.close())
    const port = await freePort()
    const text = `
listen: "127.0.0.1:${port}"
admin: false
data: ${JSON.stringify(folder)}
session: { store: memory, secret: a-session-secret-of-thirty-two-bytes-or-more }
providers: { op: { issuer: "http://localhost:1", client_id: x, client_secret: y } }
apps:
  wiki: { url: "http://localhost:${port}", upstream: "http://127.0.0.1:${upstream.port}", require: maybe_signed_in }
`
    const loaded = loadGatewayFromText(text, { file: 'x.yaml', folder, env: {}, readFile: readFromDisk })
    if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
    const opened = openRuntime(loaded.gateway, { env: {}, onStoreFault: () => {}, onProviderEvent: () => {} })
    const lookedUp = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<SessionLookup>()
    const use = () => {
      lookedUp.resolve()
      return answer.promise
    }
    const runtime = { ...opened, sessions: { ...opened.sessions, use } }
    const lines: Record<string, unknown>[] = []
    const log = createLog(loaded.gateway.log, opened.logKey, {
      write: (line: string) => void lines.push(JSON.parse(line)),
    })
    const editions = createEditions(runtime, (thrown) => t.fail(String(thrown)))
    const metrics = createMetrics()
    const serverContext = {
      editions,
      log,
      metrics,
      lingering: createLingeringCloses(),
      requestIds: createRequestIds(runtime.random),
    }
    const listeners = openListeners(serverContext, await openOwnFront(serverContext))
    await listeners.listen(loaded.gateway)
    t.teardown(() => listeners.close(1_000))

    const cookie = `Cookie: ${loaded.gateway.hosts.get(`localhost:${port}`)?.cookies.session}=anything`
    const client = await rawClient(port, `GET /page HTTP/1.1\r\nHost: localhost:${port}\r\n${cookie}\r\n\r\n`)
    await lookedUp.promise
    const edition = editions.enter()
    t.equal(edition.inUse, 2, 'the request and this test')
    client.destroy()
    while (edition.inUse > 1) await new Promise((resolve) => setImmediate(resolve))
    answer.resolve({ kind: 'none', why: 'no-session' })
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
    editions.leave(edition)
    t.match(
      lines.filter(({ event }) => event === 'request'),
      [{ status: 499, path: '/page', decision: 'allow' }],
    )
    t.equal(lines.filter(({ event }) => event === 'request').length, 1)
    t.equal(upstream.connections.length, 0, 'nothing was asked of the app')
  },
)
