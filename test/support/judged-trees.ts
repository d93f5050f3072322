import { untold } from '../../src/core/step.ts'
import { convertApache } from '../../src/migration/apache/apache.ts'
import { newest } from '../../src/migration/apache/versions.ts'
import type { Disagreement } from '../../src/migration/proof/prove.ts'
import { makeTree } from './apache-trees.ts'

// A thousand small configurations: what a model of httpd says and what the rules that were made of them say never differs
// without a line in the report, nobody gets in whom httpd keeps out, and every line has an account.

/** Of one tree, at the least twelve at each path. */
const requestsEach = 400

const place = { folder: '/srv/site', upstream: 'http://127.0.0.1:8000' }

const head = `ServerName app.example
OIDCProviderMetadataURL https://idp.example/.well-known/openid-configuration
OIDCClientID app
OIDCClientSecret \${SECRET}
OIDCRedirectURI https://app.example/callback
OIDCRemoteUserClaim sub
`

function convert(text: string) {
  const surroundings = {
    folder: '/',
    readFile: () => ({ ok: false, reason: 'none' }) as const,
    listFiles: () => [],
  }
  const files = [{ name: 'httpd.conf', text }]
  const converted = convertApache({ files, ...surroundings, version: newest, defined: [] })
  if (!converted.ok) throw new Error(converted.faults.map(({ message }) => message).join('\n'))
  return converted
}

function lineOf({ apache, gateway, example }: Disagreement): string {
  return `httpd ${apache}, gateway ${gateway}: ${JSON.stringify(example)}`
}

/** Two virtual hosts, each with a tree of its own. */
function hostsOf(seed: number, text: string): string {
  const second = makeTree(seed + 100_000, place).text
  const own = 'ServerName second.example\nOIDCRedirectURI https://second.example/callback'
  return `<VirtualHost *:443>\nServerName app.example\n${text}\n</VirtualHost>\n<VirtualHost *:443>\n${own}\n${second}\n</VirtualHost>`
}

/** What is wrong with the trees of some seeds, and how many requests were judged. */
export function judgeTrees(
  first: number,
  last: number,
): { readonly found: readonly string[]; readonly requests: number } {
  const found: string[] = []
  let requests = 0
  for (let seed = first; seed <= last && found.length < 6; seed += 1) {
    const { text } = makeTree(seed, place)
    const { gateway, prove, lines, findings } = convert(head + (seed % 4 === 0 ? hostsOf(seed, text) : text))
    const result = findings.filter(({ id }) => id === 'result' || id === 'unclaimed')
    for (const { what, message } of result) found.push(`${seed}: ${what}: ${message}`)
    const lost = lines?.filter(({ kind }) => kind === null) ?? []
    for (const { at } of lost) found.push(`${seed}: line ${at.line} has no account`)
    if (gateway === null || prove === null) continue
    const proof = prove(gateway, untold, requestsEach)
    requests += proof.requests
    for (const one of proof.disagreements) {
      if (one.announcedBy === null) found.push(`${seed}: UNANNOUNCED ${lineOf(one)}\n${text}`)
      else if (one.gateway === 'allow')
        found.push(`${seed}: OPEN ${one.announcedBy.id} ${lineOf(one)}\n${text}`)
    }
  }
  return { found, requests }
}
