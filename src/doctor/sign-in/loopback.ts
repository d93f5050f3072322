import { createServer } from 'node:http'

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
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? '', 'http://127.0.0.1')
    const isOurs = request.method === 'GET' && url?.pathname === path
    // Whoever else reaches this port, a page that the browser shows included, has not this state.
    const answers = isOurs && wanted !== null && url.searchParams.get('state') === wanted
    response.writeHead(answers ? 200 : 404, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      connection: 'close',
    })
    response.end(answers ? 'claimgate doctor has the answer. You can close this page.\n' : 'not found\n')
    if (!answers) return
    wanted = null
    found(url.searchParams)
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
