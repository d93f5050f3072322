import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, rounded } from './requests.ts'

export interface RuleCosts {
  /** Whole processes, start included; medians. */
  readonly seconds: {
    readonly explain: number
    readonly 'test 1,000': number
    readonly 'convert 5,000 lines': number
  }
}

const count = 1_000
const environment = { ...process.env, NODE_OPTIONS: '' }

/** What an operator waits for: one explanation, a thousand rule tests, an Apache configuration of 5,000 lines. */
export function measureRules(rounds: number): RuleCosts {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-bench-rules-'))
  try {
    writeFileSync(join(folder, 'claimgate.yaml'), configuration())
    writeFileSync(join(folder, 'claimgate.test.yaml'), tests())
    writeFileSync(join(folder, 'httpd.conf'), apache())
    const seconds = (args: readonly string[], status = 0): number => {
      const times = Array.from({ length: rounds }, () => secondsOf(args, folder, status))
      return rounded(median(times))
    }
    return {
      seconds: {
        explain: seconds(['explain', '--url', 'http://localhost/area/7/x', '--anonymous'], 1),
        'test 1,000': seconds(['test']),
        'convert 5,000 lines': seconds(['convert', 'httpd.conf', '-o', 'converted.yaml'], 1),
      },
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function secondsOf(args: readonly string[], cwd: string, status: number): number {
  const bin = new URL('../bin/claimgate.js', import.meta.url).pathname
  rmSync(join(cwd, 'converted.yaml'), { force: true })
  const from = performance.now()
  let ended = 0
  try {
    execFileSync(process.execPath, [bin, ...args], { cwd, stdio: 'ignore', env: environment })
  } catch (thrown) {
    ended = thrown instanceof Error && 'status' in thrown ? Number(thrown.status) : -1
  }
  if (ended > status) throw new Error(`claimgate ${args.join(' ')} ended with ${ended}`)
  return (performance.now() - from) / 1000
}

function configuration(): string {
  const locations = Array.from(
    { length: count },
    (_, i) => `      - { path: /area/${i}, require: { groups: g${i} } }`,
  )
  return `providers:
  op: { issuer: "http://localhost:9", client_id: bench, client_secret: bench }
apps:
  bench:
    url: http://localhost
    upstream: http://127.0.0.1:9
    require: signed_in
    locations:
${locations.join('\n')}
`
}

function tests(): string {
  const cases = Array.from(
    { length: count },
    (_, i) => `  - { as: { sub: u, groups: [g${i}] }, request: GET /area/${i}/x, expect: allow }`,
  )
  return `cases:\n${cases.join('\n')}\n`
}

function apache(): string {
  const sections = Array.from(
    { length: 1_250 },
    (_, i) => `<Location "/area/${i}">\n  AuthType openid-connect\n  Require claim groups:g${i}\n</Location>`,
  )
  return `ServerName wiki.example.com
OIDCProviderMetadataURL https://login.example.com/.well-known/openid-configuration
OIDCClientID wiki
OIDCClientSecret secret
OIDCRedirectURI https://wiki.example.com/oidc/callback
OIDCCryptoPassphrase passphrase
ProxyPass "/" "http://10.0.0.5:5000/"
${sections.join('\n')}
`
}
