import { resolve } from 'node:path'
import { readCertificateClaims } from '../../../core/certificate/claims.ts'
import type { Finding } from '../../finding.ts'
import { never, type Rule } from '../../rule.ts'
import type { ApacheInput } from '../input.ts'
import { wordsOf } from '../reading/last.ts'
import type { PathSection } from '../reading/section.ts'
import type { VirtualHost } from '../reading/site.ts'
import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { told } from '../told.ts'
import { findingsOf } from './findings.ts'

/** An authority of `client_certificates`. */
export interface ConvertedAuthority {
  readonly name: string
  readonly caFile: string
  readonly crlFile: string | null
}

/** What a virtual host asks of certificates; null: nothing. */
export interface HostCertificates {
  /** What `SSLVerifyClient require` asks for here: a certificate, or what nobody meets where that cannot be told. */
  readonly rule: Rule
  /** Whether the host itself asks for one at every place. */
  readonly isRequired: boolean
}

export interface Authorities {
  readonly all: readonly ConvertedAuthority[]
  readonly of: ReadonlyMap<VirtualHost, HostCertificates>
}

/** The authorities of all hosts that ask for certificates, each once. Every line that asks is reported. */
export function collectAuthorities(
  hosts: readonly VirtualHost[],
  input: Pick<ApacheInput, 'folder' | 'readFile'>,
  report: (finding: Finding) => void,
): Authorities {
  const all: ConvertedAuthority[] = []
  const of = new Map<VirtualHost, HostCertificates>()
  for (const host of hosts) {
    const written = [
      ...host.directives,
      ...host.held,
      ...host.sections.flatMap(({ directives }) => directives),
    ]
    const asking = [...new Set(written)].filter(({ key }) => key === 'sslverifyclient')
    if (asking.length === 0) continue
    const strange = asking.find(({ rest }) => !words.has(wordIn(rest).toLowerCase()))
    const read =
      strange === undefined
        ? readAuthority(host, input)
        : `\`${told(strange)}\` has a value that nobody knows here`
    const rule = typeof read === 'string' ? never : ruleOf(read, all)
    // The last one counts in httpd; whether it is in effect at all may be in doubt.
    const isRequired = valuesOf(host, 'SSLVerifyClient').some(asks)
    of.set(host, { rule, isRequired })
    for (const directive of asking) {
      if (host.held.includes(directive) && wordIn(directive.rest).toLowerCase() === 'none')
        noteUnsure(directive, report)
      else note(directive, typeof read === 'string' ? read : null, report)
    }
  }
  return { all, of }
}

/** Every value of a directive of the host, whichever is in effect. */
function valuesOf({ directives, held }: VirtualHost, name: string): readonly string[] {
  const key = name.toLowerCase()
  const found = [...directives, ...held].filter((one) => one.key === key)
  return [...new Set(found.map(({ rest }) => wordIn(rest)))]
}

function wordIn(rest: string): string {
  return splitWords(rest)[0] ?? ''
}

/** What says whose certificates count. */
const deciding = [
  ...(['SSLCACertificateFile', 'SSLCARevocationFile', 'SSLCARevocationCheck'] as const),
  ...(['SSLVerifyDepth', 'SSLOCSPEnable'] as const),
] as const

/** Of these none keeps anybody out by itself. */
const lenient: ReadonlySet<string> = new Set(['none', 'optional', 'optional_no_ca'])
const words: ReadonlySet<string> = new Set([...lenient, 'require'])

/** Whether nobody gets anywhere without a certificate that was verified, or nobody knows: a variable may say so. */
export function asks(word: string | undefined): boolean {
  return word !== undefined && !lenient.has(word.toLowerCase())
}

interface ReadAuthority {
  readonly caFile: string
  readonly crlFile: string | null
  /** Those that may have issued the certificate itself; null: whoever stands below them too. */
  readonly issuers: readonly string[] | null
}

/** Far more authorities than stand one below the other anywhere: httpd’s own example. */
const deepEnough = 10

/** What is trusted and how deep; a text: why that cannot be told. */
function readAuthority(
  host: VirtualHost,
  input: Pick<ApacheInput, 'folder' | 'readFile'>,
): ReadAuthority | string {
  const { directives, sections } = host
  const several = deciding.find((name) => valuesOf(host, name).length > 1)
  if (several !== undefined) return `\`${several}\` stands there with several values`
  const word = (name: string): string | undefined => wordsOf(directives, name)[0]
  const caFile = word('SSLCACertificateFile')
  if (word('SSLCACertificatePath') !== undefined)
    return 'the authorities stand in a folder (`SSLCACertificatePath`), and `ca_file` names one file'
  if (caFile === undefined) return 'no `SSLCACertificateFile` says whose certificates count'
  const check = word('SSLCARevocationCheck')?.toLowerCase() ?? 'none'
  if (check !== 'none' && word('SSLCARevocationPath') !== undefined)
    return 'the revocation lists stand in a folder (`SSLCARevocationPath`), and `crl_file` names one file'
  const crlFile = check === 'none' ? null : (word('SSLCARevocationFile') ?? null)
  if (check !== 'none' && crlFile === null) return 'no `SSLCARevocationFile` has the lists that are asked for'
  if ((word('SSLOCSPEnable')?.toLowerCase() ?? 'off') !== 'off')
    return 'revocation is asked for by OCSP (`SSLOCSPEnable`), and here by a list in `crl_file`'
  const depth = Number(word('SSLVerifyDepth') ?? '1')
  const isSame = (one: PathSection) => Number(wordsOf(one.directives, 'SSLVerifyDepth')[0] ?? depth) === depth
  if (!sections.every(isSame))
    return '`SSLVerifyDepth` differs from place to place, and here it is one for all'
  if (depth >= deepEnough) return { caFile, crlFile, issuers: null }
  if (depth !== 1)
    return `no rule says how many authorities may stand between (\`SSLVerifyDepth ${depth}\`): write whose certificates are meant in \`issuer\``
  const issuers = subjectsIn(resolve(input.folder, caFile), input)
  if (issuers === null)
    return `httpd took certificates that ${caFile} itself issued alone (\`SSLVerifyDepth 1\`), and that file cannot be read here: write its names in \`issuer\``
  return { caFile, crlFile, issuers }
}

/** The names of the certificates in a file, as rules compare them; null: it has none that can be read. */
function subjectsIn(path: string, { readFile }: Pick<ApacheInput, 'readFile'>): readonly string[] | null {
  const file = readFile(path)
  if (!file.ok) return null
  const text = Buffer.from(file.bytes).toString('latin1')
  const blocks = [...text.matchAll(/-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]+)-----END/g)]
  const subjects = blocks.map(([, body = '']) => {
    const subject = readCertificateClaims(Buffer.from(body, 'base64'), '')?.subject
    return typeof subject === 'string' ? subject : null
  })
  const known = subjects.filter((subject) => subject !== null)
  return known.length === 0 || known.length < subjects.length ? null : [...new Set(known)]
}

function ruleOf({ caFile, crlFile, issuers }: ReadAuthority, all: ConvertedAuthority[]): Rule {
  const known = all.find((one) => one.caFile === caFile && one.crlFile === crlFile)
  const name = known?.name ?? `clients${all.length === 0 ? '' : `-${all.length + 1}`}`
  if (known === undefined) all.push({ name, caFile, crlFile })
  return { kind: 'certificate', authority: name, issuers: issuers ?? [] }
}

const listener =
  'Clients are asked by a listener of its own: `listen: [{ address, tls, client_certificates: ask }]`'

function noteUnsure(directive: Directive, report: (finding: Finding) => void): void {
  const message = 'takes back nothing that is asked for elsewhere: whether it is in effect nobody knows here'
  const say = findingsOf(report, directive.at, told(directive))
  say('ssl-verify-client-none', 'changed', message, 'stricter', () => true)
}

function note(directive: Directive, problem: string | null, report: (finding: Finding) => void): void {
  const say = findingsOf(report, directive.at, told(directive))
  const word = wordIn(directive.rest)
  if (word.toLowerCase() === 'none') return
  if (!asks(word)) {
    const message =
      'keeps nobody out by itself, here as there. The app does not get what a certificate says, unless a location lists `client_certificate`'
    say('ssl-verify-client-optional', 'changed', message)
    return
  }
  if (problem !== null) {
    say(
      'ssl-verify-client',
      'not-convertible',
      `${problem}; nobody gets in until then`,
      'stricter',
      () => true,
    )
    return
  }
  const message = `is \`certificate\` in the rule. Without one the answer is 403, where httpd ended the connection. A list of revoked certificates counts for the whole chain. ${listener}`
  say('ssl-verify-client', 'changed', message, 'stricter', () => true)
}
