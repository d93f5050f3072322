// Parts of a model as the configuration makes them, for tests of what needs no gateway.
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import type { Gateway, Origin } from '../../src/core/gateway.ts'

/** The origin of one app with one provider; more lines below the app, indented by four. */
export function originOf(url: string, app = ''): Origin {
  const text = `
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: s }
apps:
  wiki:
    url: ${url}
    upstream: http://10.0.0.5
    require: signed_in
${app}`
  const [origin] = gatewayOf(text).hosts.values()
  if (origin === undefined) throw new Error(`no origin for ${url}`)
  return origin
}

/** The model of a file. */
export function gatewayOf(text: string): Gateway {
  const readFile = () => ({ ok: false, reason: 'there are no files' }) as const
  const loaded = loadGatewayFromText(text, { file: 'model.yaml', folder: '/', env: {}, readFile })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return loaded.gateway
}
