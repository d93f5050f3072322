import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readFromDisk } from '../../src/config/files.ts'
import type { Gateway } from '../../src/core/gateway.ts'
import { isObject, parseJson } from '../../src/core/json.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import { probe } from '../../src/http/admission/probe.ts'
import { convertApache } from '../../src/migration/apache/apache.ts'
import type { ApacheFile } from '../../src/migration/apache/reading/read.ts'
import { newest, readVersion } from '../../src/migration/apache/versions.ts'

/**
 * Golden files: httpd's configuration, a line of `=====`, the result, another, the report, and the proof where there
 * is one. `# version 2.4.12.3` in the first line names the release. `CLAIMGATE_GOLDEN=write` writes them anew.
 * `#> GET /x as nobody: sign-in | deny` says what httpd answers and what the result does: of both directions.
 * `#@ sites/app.conf` begins another file, named after the one before on the command line.
 */
export const separator = '\n=====\n'
export const folder = fileURLToPath(new URL('../commands/convert', import.meta.url))
/** What the machine of the golden files has in `/srv/site`. */
export const site = { there: '/srv/site', here: `${folder}/access-files` }
export const paths = globSync(`${folder}/cases/*.txt`).toSorted()

/** The files of a golden file in their order: `httpd.conf`, and those that have a name of their own. */
export function filesOf(text: string): readonly ApacheFile[] {
  const [first = '', ...named] = text.split(/^#@ (?=\S+$)/m)
  const others = named.map((part) => {
    const end = part.indexOf('\n')
    return { name: part.slice(0, end), text: part.slice(end + 1) }
  })
  const isEmpty = others.length > 0 && /^(?:#.*\n)*$/.test(first)
  return isEmpty ? others : [{ name: 'httpd.conf', text: first }, ...others]
}

/** A golden file's configuration, converted on its machine. */
export function convertCase(text: string) {
  const [, version = newest.join('.')] = /^# version (\S+)/.exec(text) ?? []
  return convertApache({
    files: filesOf(text),
    folder,
    readFile: (path) => readFromDisk(path.replace(site.there, site.here)),
    listFiles: (pattern) =>
      globSync(pattern.replace(site.there, site.here))
        .toSorted()
        .map((path) => path.replace(site.here, site.there)),
    version: readVersion(version) ?? newest,
    defined: [],
  })
}

export type Answer = 'allow' | 'sign-in' | 'deny'

/** A request that a golden file names. */
export interface Asked {
  /** Its line. */
  readonly text: string
  readonly httpd: string
  readonly ours: string
  readonly method: string
  /** Absolute. */
  readonly url: string
  readonly clientAddress: string
  /** Null: nobody. */
  readonly claims: Claims | null
  /** The claims are those of an access token; absent: of a session. */
  readonly byToken?: true
}

/** All requests that a golden file names, in its order. */
export function asksOf(source: string): readonly Asked[] {
  return source.split('\n').flatMap((line) => {
    const [, method, path, from, who, byToken, httpd, ours] =
      /^#> (\S+) (\S+)(?: from (\S+))? as (.+?)( by a token)?: (\S+) \| (\S+)$/.exec(line) ?? []
    if (method === undefined || path === undefined || who === undefined) return []
    const said = who === 'nobody' ? null : parseJson(who)
    const claims = isObject(said) ? { iss: 'https://idp.example', sub: 'somebody', ...said } : null
    const url = path.startsWith('/') ? `https://app.example${path}` : path
    const address = { clientAddress: from ?? '203.0.113.99' }
    const way = byToken === undefined ? {} : { byToken: true as const }
    return [{ text: line, httpd: httpd ?? '', ours: ours ?? '', method, url, claims, ...address, ...way }]
  })
}

const verdicts = { allow: 'allow', challenge: 'sign-in', deny: 'deny', reject: 'deny' } as const

/** What the result answers somebody of the provider that their `iss` names, or of the one that opens most. */
export function askOurs(
  gateway: Gateway,
  {
    method,
    url,
    claims,
    clientAddress,
    byToken,
  }: Pick<Asked, 'method' | 'url' | 'claims' | 'clientAddress' | 'byToken'>,
): Answer {
  const own = [...gateway.providers.values()].filter(({ issuer }) => issuer === claims?.iss)
  const providers = own.length > 0 ? own : [...gateway.providers.values()]
  const by = byToken ? { by: { kind: 'bearer', isClient: false } as const } : {}
  const persons = claims === null ? [null] : providers.map(({ name }) => ({ provider: name, claims, ...by }))
  const answers = persons.map((person) => {
    const { admission, userIdFault } = probe(gateway, { method, url, person, clientAddress })
    // Whom nothing names does not get through the sign-in.
    return userIdFault === null ? verdicts[admission.decision.kind] : 'deny'
  })
  return (['allow', 'deny'] as const).find((one) => answers.includes(one)) ?? 'sign-in'
}
