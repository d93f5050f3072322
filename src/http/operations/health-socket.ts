import { createServer, type Server } from 'node:http'
import { errorCode } from '../../core/error-code.ts'
import type { Editions } from '../../runtime/editions.ts'
import {
  healthSocketPaths,
  placeSocket,
  prepareDraft,
  removeSocket,
  type SocketMark,
} from '../../runtime/health-path.ts'
import type { OperatorAnswers } from './answers.ts'
import { giveMark } from './mark.ts'

export interface HealthSocket {
  /**
   * Listens where `claimgate health` will look. Null; or why it can nowhere, each place with its reason: that costs
   * `claimgate health` and nothing else.
   */
  listen(): Promise<string | null>
  close(): Promise<void>
}

interface Placed {
  readonly path: string
  readonly mark: SocketMark
}

/**
 * Answers `claimgate health` on a local socket, whatever TLS, host or admin address the gateway has; and gives
 * `claimgate doctor` a mark, at `/mark`.
 */
export function openHealthSocket(
  editions: Editions,
  { readiness: ready }: Pick<OperatorAnswers, 'readiness'>,
): HealthSocket {
  const paths = healthSocketPaths(editions.current().gateway)
  let placed: Placed | null = null
  const server = createServer((request, response) => {
    if (request.url === '/mark') {
      const given = JSON.stringify(giveMark(editions.current()))
      response.writeHead(200, { 'content-type': 'application/json' }).end(given)
      return
    }
    ready().then(
      (readiness) =>
        response
          .writeHead(readiness.ready ? 200 : 503, { 'content-type': 'application/json' })
          .end(JSON.stringify(readiness)),
      () => response.writeHead(500).end(),
    )
  })
  return {
    listen: async () => {
      const reasons: string[] = []
      for (const path of paths) {
        const outcome = await listenAt(server, path)
        if (typeof outcome !== 'string') {
          placed = { path, mark: outcome }
          return null
        }
        reasons.push(`${path}: ${outcome}`)
      }
      return reasons.join('; ')
    },
    close: () =>
      new Promise((resolve) => {
        if (placed !== null) removeSocket(placed.path, placed.mark)
        if (!server.listening) return resolve()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The mark of the socket that stands there now, or the code of what stood against it. */
async function listenAt(server: Server, path: string): Promise<SocketMark | string> {
  let draft: string
  try {
    draft = prepareDraft(path)
    await listening(server, draft)
  } catch (thrown) {
    return errorCode(thrown) ?? 'unknown'
  }
  const mark = placeSocket(draft, path)
  if (mark !== null) return mark
  await new Promise((resolve) => server.close(resolve))
  return 'the name is taken'
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
