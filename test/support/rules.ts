// One app whose rules a test writes: the rest of the file is added.
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import type { App, Gateway, Origin } from '../../src/core/gateway.ts'

/** `rules` are keys of the app, each line indented by two spaces at least. */
export function loadRules(rules: string): {
  readonly gateway: Gateway
  readonly origin: Origin
  readonly app: App
} {
  const text = `
trusted_proxies: none
providers:
  op: { issuer: "https://op.example.com", client_id: c, client_secret: a-client-secret }
apps:
 wiki:
  url: https://wiki.example.com
  upstream: http://10.0.0.5
${rules}`
  const loaded = loadGatewayFromText(text, {
    file: 'rules.yaml',
    folder: '/',
    env: {},
    readFile: () => ({ ok: false, reason: 'no file is needed' }),
  })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  const origin = loaded.gateway.hosts.get('wiki.example.com')
  const [app] = loaded.gateway.apps
  if (origin === undefined || app === undefined) throw new Error('the app is not there')
  return { gateway: loaded.gateway, origin, app }
}
