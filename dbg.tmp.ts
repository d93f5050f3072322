import { convertApache } from './src/migration/apache/apache.ts'
import { newest } from './src/migration/apache/versions.ts'
import { makeTree } from './test/support/apache-trees.ts'
import { reportText } from './src/migration/report.ts'
const { text } = makeTree(Number(process.argv[2]), { folder: '/srv/site', upstream: 'http://127.0.0.1:8000' })
const c: any = convertApache({ files: [{ name: 'h', text: `OIDCProviderMetadataURL https://idp.example/.well-known/openid-configuration
OIDCClientID app
OIDCClientSecret x
OIDCRedirectURI https://app.example/callback
OIDCRemoteUserClaim sub
` + text }], folder: '/nowhere', readFile: () => ({ ok: false, reason: '' }) as any, listFiles: () => [], version: newest, defined: [] } as any)
console.log(text); console.log(c.yaml.slice(c.yaml.indexOf('locations'))); if (process.argv[3]) console.log(reportText(c).split('\n').filter((l: string) => /path|auth-type|unclaimed|not-/.test(l)).join('\n'))
