import { createHmac, hash } from 'node:crypto'
import { limits } from '../../core/limits/table.ts'
import { hmacBy } from './hmac.ts'

/** Keys that AWS gave out, for a time or for good. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
  /** By the wall clock; null: they do not end. */
  readonly endsAtMs: number | null
}

export interface SignedRequest {
  readonly method: string
  /** As on the wire: the path, then `?` and a query in the signer's spelling (core/request/signed-query) if there is one. */
  readonly path: string
  /** The Host line's value, whatever address the connection goes to. */
  readonly host: string
  /** Name, value, name, value …: of these `Content-Type` and `X-Amz-…` are signed. */
  readonly headers: readonly string[]
  /** The whole body; null: none. `unsigned`: what comes is not part of the signature. */
  readonly payload: Buffer | null | 'unsigned'
  /** `execute-api`, `s3` … as the scope names it. */
  readonly service: string
  readonly region: string
  readonly nowSeconds: number
}

const algorithm = 'AWS4-HMAC-SHA256'
const emptyHash = sha256('')

/**
 * Signs a request by Signature Version 4 (AWS IAM user guide, "Create a signed AWS API request"). Comes out: the lines to
 * add to it, name, value, name, value …: `X-Amz-Date`, `X-Amz-Content-Sha256`, `X-Amz-Security-Token` for credentials that
 * end, and `Authorization`. The request goes out byte for byte as it was given here, or AWS refuses it. Never throws, and
 * keeps nothing but the key of the day, as long as the credentials live.
 */
export function signatureLines(request: SignedRequest, credentials: AwsCredentials): readonly string[] {
  const { service, region, payload } = request
  const dateTime = basicDateTime(request.nowSeconds)
  const day = dateTime.slice(0, 8)
  const payloadHash =
    payload === null ? emptyHash : payload === 'unsigned' ? 'UNSIGNED-PAYLOAD' : sha256(payload)
  const lines = ['X-Amz-Date', dateTime, 'X-Amz-Content-Sha256', payloadHash]
  if (credentials.sessionToken !== null) lines.push('X-Amz-Security-Token', credentials.sessionToken)

  const { names, block } = canonicalHeaders(request, lines)
  const { uri, query } = canonicalTarget(request.path, service)
  const canonical = `${request.method}\n${uri}\n${query}\n${block}\n${names}\n${payloadHash}`
  const scope = `${day}/${region}/${service}/aws4_request`
  const sign = signerOfDay(credentials, day, region, service)
  const signature = sign(`${algorithm}\n${dateTime}\n${scope}\n${sha256(canonical)}`)
  const credential = `${credentials.accessKeyId}/${scope}`
  lines.push(
    'Authorization',
    `${algorithm} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  )
  return lines
}

let lastTime = { seconds: Number.NaN, text: '' }

/** ISO 8601 in its basic format, in UTC: `20150830T123600Z`. Of the last second it is known. */
function basicDateTime(seconds: number): string {
  if (lastTime.seconds === seconds) return lastTime.text
  const iso = new Date(seconds * 1000).toISOString()
  const text = `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`
  lastTime = { seconds, text }
  return text
}

function canonicalTarget(target: string, service: string): { readonly uri: string; readonly query: string } {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? '' : canonicalQuery(target.slice(mark + 1))
  // Of S3 an escape stays what it is, as an object may be named `a//b`. All others encode what is encoded already once
  // more, and read empty segments as none.
  if (service === 's3') return { uri: path.replace(encodedOnce, encodeByte), query }
  return { uri: plainPath.test(path) ? path : withoutDots(path).replace(encodedTwice, encodeByte), query }
}

const encodedOnce = /[^A-Za-z0-9\-._~/%]/g
const encodedTwice = /[^A-Za-z0-9\-._~/]/g
/** Nothing to encode, no empty segment and none that begins with a dot. Nearly all are so. */
const plainPath = /^\/(?:[A-Za-z0-9\-_~][A-Za-z0-9\-._~]*(?:\/|$))*$/

/** A path on the wire is ASCII: a character is a byte. */
function encodeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

/** RFC 3986 5.2.4, and no empty segments: both signers of AWS that this is held against do so. */
function withoutDots(path: string): string {
  if (!path.includes('//') && !path.includes('/.')) return path
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`
}

/** By name, then by value: `a-=` comes behind `a=`, though the text of the whole pair would come before it. */
function canonicalQuery(query: string): string {
  if (!query.includes('&')) return pairText(pairOf(query))
  return query.split('&').map(pairOf).sort(byNameAndValue).map(pairText).join('&')
}

type Pair = readonly [name: string, value: string]

function pairOf(text: string): Pair {
  const equals = text.indexOf('=')
  return equals === -1 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
}

const pairText = ([name, value]: Pair): string => `${name}=${value}`

function byNameAndValue(a: Pair, b: Pair): number {
  return compare(a[0], b[0]) || compare(a[1], b[1])
}

/** By code units, which are bytes here; never by a language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const signed = /^(?:content-type$|x-amz-)/i
const [letterC, letterX, toLowerCase] = [0x63, 0x78, 0x20]

interface SignedLine {
  /** In lower case. */
  readonly name: string
  readonly value: string
}

/**
 * Lines that bear a meaning for AWS: Host, what the body is, and its own. Others may be changed on the way. Those of the
 * signature itself have nothing to trim, and a session token is long.
 */
function canonicalHeaders(
  { host, headers }: SignedRequest,
  added: readonly string[],
): { readonly names: string; readonly block: string } {
  const lines: SignedLine[] = [{ name: 'host', value: trimmed(host) }]
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const written = headers[i] ?? ''
    const first = written.charCodeAt(0) | toLowerCase
    if ((first === letterC || first === letterX) && signed.test(written))
      insert(lines, { name: written.toLowerCase(), value: trimmed(headers[i + 1] ?? '') })
  }
  for (let i = 0; i + 1 < added.length; i += 2)
    insert(lines, { name: (added[i] ?? '').toLowerCase(), value: added[i + 1] ?? '' })
  let [names, block] = ['', '']
  for (const { name, value } of lines) {
    names = names === '' ? name : `${names};${name}`
    block += `${name}:${value}\n`
  }
  return { names, block }
}

/** By name; values of one name are joined in their order. There are four or five. */
function insert(lines: SignedLine[], line: SignedLine): void {
  let at = lines.length
  while (at > 0 && (lines[at - 1]?.name ?? '') > line.name) at--
  const before = lines[at - 1]
  if (before?.name === line.name) lines[at - 1] = { name: line.name, value: `${before.value},${line.value}` }
  else lines.splice(at, 0, line)
}

const untrimmed = /^[ \t]|[ \t]$|[ \t]{2}|\t/

function trimmed(value: string): string {
  if (!untrimmed.test(value)) return value
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')
}

type Sign = (text: string) => string

interface SignersOfDay {
  readonly day: string
  /** By region and service. Prepared: of bytes, each signature would make the same key anew, for half of its time. */
  readonly signers: Map<string, Sign>
}

/** As long as somebody holds the credentials. Neither they nor what is derived from them is the key of a map that stays. */
const derived = new WeakMap<AwsCredentials, SignersOfDay>()

function signerOfDay(credentials: AwsCredentials, day: string, region: string, service: string): Sign {
  let ofDay = derived.get(credentials)
  if (ofDay === undefined || ofDay.day !== day) {
    ofDay = { day, signers: new Map() }
    derived.set(credentials, ofDay)
  }
  const place = `${region}/${service}`
  const known = ofDay.signers.get(place)
  if (known !== undefined) return known
  let bytes = hmac(`AWS4${credentials.secretAccessKey}`, day)
  for (const part of [region, service, 'aws4_request']) bytes = hmac(bytes, part)
  const sign = hmacBy(bytes)
  if (ofDay.signers.size >= limits.signingKeys) ofDay.signers.clear()
  ofDay.signers.set(place, sign)
  return sign
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(content: string | Buffer): string {
  return hash('sha256', content, 'hex')
}
