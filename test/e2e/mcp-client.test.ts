// A client of the Model Context Protocol, the official one, in front of a gateway of which it knows nothing but the
// address of its server: it finds the provider by what the 401 says (RFC 9728), has its person sign in there, and comes
// back with a token.
import http from 'node:http'
import { auth, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import t from 'tap'
import { program } from '../support/access-tokens.ts'
import { startTestGateway } from '../support/gateway.ts'
import { signInAs, startOp } from '../support/op.ts'
import { freePort, portOf } from '../support/ports.ts'

const [port, [redirectUri = '']] = [await freePort(), program.redirect_uris]
const url = `http://localhost:${port}`
const resource = `${url}/mcp`
const op = await startOp({ resources: { [resource]: 'tools' }, clients: [program] })
op.register({ redirectUris: [`${url}/.auth/callback`] })

/** As much of a server as a client asks before anything else, and who the gateway said it is. */
const users: (string | undefined)[] = []
const server = http.createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    if (request.method !== 'POST') return void response.writeHead(405).end()
    users.push(String(request.headers['x-forwarded-user']))
    const message: unknown = JSON.parse(Buffer.concat(parts).toString())
    const { id, params } = message as { id?: number; params?: { protocolVersion?: string } }
    if (id === undefined) return void response.writeHead(202).end()
    const protocolVersion = params?.protocolVersion
    const serverInfo = { name: 'behind-the-gateway', version: '1' }
    const result = { protocolVersion, capabilities: {}, serverInfo }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
  })
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const gateway = await startTestGateway({
  port,
  yaml: () => `
providers:
  op:
    issuer: ${op.issuer}
    bearer: { audiences: ["${resource}"], required_scopes: [tools] }
apps:
  tools:
    url: ${resource}
    upstream: http://127.0.0.1:${portOf(server)}
    credentials: [bearer]
    require: signed_in
`,
})
t.teardown(async () => {
  await gateway.close()
  await op.close()
  server.closeAllConnections()
  server.close()
})

/** What a client keeps, and where it sends its person. */
function ownAuthorization() {
  let [verifier, tokens]: [string, OAuthTokens | undefined] = ['', undefined]
  const sent: URL[] = []
  const provider: OAuthClientProvider = {
    redirectUrl: redirectUri,
    clientMetadata: { redirect_uris: [redirectUri], token_endpoint_auth_method: 'client_secret_post' },
    clientInformation: () => ({ client_id: program.client_id, client_secret: program.client_secret }),
    tokens: () => tokens,
    saveTokens: (got) => {
      tokens = got
    },
    redirectToAuthorization: (to) => void sent.push(to),
    saveCodeVerifier: (made) => {
      verifier = made
    },
    codeVerifier: () => verifier,
  }
  return { provider, sent }
}

t.test(
  'a client finds its way by the 401 of the gateway, and its person is known to the server',
  async (t) => {
    const { provider, sent } = ownAuthorization()
    const connect = async () => {
      const client = new Client({ name: 'a-client', version: '1' })
      const transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider: provider })
      // The library's own types differ where an optional property may be undefined.
      await client.connect(transport as Parameters<typeof client.connect>[0])
      return { client, transport }
    }
    await t.rejects(connect(), { message: 'Unauthorized' })
    t.equal(users.length, 0, 'nothing of it came to the server')
    const [to] = sent
    if (to === undefined) throw new Error('it sent its person nowhere')
    t.equal(to.origin, op.issuer, 'the provider was told by the metadata')
    t.equal(to.searchParams.get('resource'), resource)
    t.equal(to.searchParams.get('scope'), 'tools', 'and so was the scope')

    const back = await signInAs('alice', to)
    const authorizationCode = back.searchParams.get('code') ?? ''
    t.equal(await auth(provider, { serverUrl: resource, authorizationCode }), 'AUTHORIZED')
    const { client, transport } = await connect()
    t.match(client.getServerVersion(), { name: 'behind-the-gateway' })
    t.strictSame([...new Set(users)], ['alice'])
    await transport.close()
  },
)

t.test('without a word of the 401 the metadata is found at its well-known address too', async (t) => {
  const { provider, sent } = ownAuthorization()
  t.equal(await auth(provider, { serverUrl: resource }), 'REDIRECT')
  t.equal(sent[0]?.origin, op.issuer)
})
