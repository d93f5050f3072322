import { createServer, type IncomingMessage } from 'node:http'
import { limits } from '../../core/limits/table.ts'

/** Where a browser of this machine comes back to. It must be registered at the provider, to the letter. */
export interface Loopback {
  readonly redirectUri: string
  /** The parameters of the first answer that bears the state; null: nobody came in time, or it was stopped. */
  answer(state: string, patience: AbortSignal): Promise<URLSearchParams | null>
  close(): Promise<void>
}

const path = '/claimgate-doctor'

/** Listens on this machine's own address alone (RFC 8252 7.3). Throws what the system says: the port may be taken. */
export async function openLoopback(port: number): Promise<Loopback> {
  let found: (parameters: URLSearchParams) => void = () => {}
  let wanted: string | null = null
  const server = createServer(async (request, response) => {
    const parameters = await parametersOf(request)
    // Whoever else reaches this port, a page that the browser shows included, has not this state.
    const answers = parameters !== null && wanted !== null && parameters.get('state') === wanted
    response.writeHead(answers ? 200 : 404, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      connection: 'close',
    })
    response.end(answers ? 'claimgate doctor has the answer. You can close this page.\n' : 'not found\n')
    if (!answers) return
    wanted = null
    found(parameters)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const taken = typeof address === 'object' && address !== null ? address.port : port
  return {
    redirectUri: `http://127.0.0.1:${taken}${path}`,
    answer: (state, patience) =>
      new Promise((resolve) => {
        wanted = state
        found = resolve
        if (patience.aborted) resolve(null)
        patience.addEventListener('abort', () => resolve(null), { once: true })
      }),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/**
 * Of the address, or, with `response_mode: form_post`, of the form; null: it is no answer of a provider. Never rejects.
 */
async function parametersOf(request: IncomingMessage): Promise<URLSearchParams | null> {
  const url = URL.parse(request.url ?? '', 'http://127.0.0.1')
  if (url?.pathname !== path) return null
  if (request.method === 'GET') return url.searchParams
  const isForm = /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')
  return request.method === 'POST' && isForm ? formOf(request) : null
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams | null> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of request) {
      bytes += part.length
      if (bytes > limits.formBytes) return null
      parts.push(part)
    }
  } catch {
    return null
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'))
}
