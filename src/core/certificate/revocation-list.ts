import type { EpochSeconds } from '../session/session.ts'
import { type DerElement, isContext, ofType, readDer } from './der.ts'
import { type DerItem, derItemAt, derItems } from './der-items.ts'
import { readTime } from './time.ts'

/** What an authority says of the certificates that it takes back (RFC 5280 5.1). */
export interface RevocationList {
  /** The name of who wrote it, as its DER in hexadecimal. */
  readonly issuer: string
  readonly issuedAt: EpochSeconds
  /** From then on it says nothing. */
  readonly endsAt: EpochSeconds
  /** The contents of serial numbers, in hexadecimal: DER has one form for each. */
  readonly serials: ReadonlySet<string>
  readonly signed: Signed
}

/** What its signature is over, to be verified by the key of who wrote it. */
export interface Signed {
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
  /** Object identifier of the algorithm. */
  readonly algorithm: string
}

export type RevocationListFault =
  | 'unreadable'
  /** Nobody would know until when it counts. */
  | 'no-next-update'
  /** It covers only some certificates, or is an addition to another list; or an extension must be known that is not. */
  | 'extension-unknown'

export type RevocationListReading =
  | { readonly ok: true; readonly list: RevocationList }
  | { readonly ok: false; readonly fault: RevocationListFault }

const tags = { integer: 0x02, octetString: 0x04, oid: 0x06, sequence: 0x30, extensions: 0xa0 } as const

/** Reads one in DER. Verifies no signature, and judges no time. Never throws. */
export function readRevocationList(der: Uint8Array): RevocationListReading {
  const whole = derItemAt(der, 0, der.length)
  const parts = whole?.to === der.length && whole.tag === tags.sequence ? itemsIn(der, whole) : null
  const [body, algorithm, signature, ...more] = parts ?? []
  if (body?.tag !== tags.sequence || signature === undefined || more.length > 0) return unreadable
  const oid = ofType(ofType(element(der, algorithm), 'sequence')?.children[0], 'oid')?.oid ?? null
  const bits = bitsOf(der, signature)
  const fields = readBody(der, body)
  if (oid === null || bits === null || fields === null) return unreadable
  if (fields.extensions === 'unknown') return { ok: false, fault: 'extension-unknown' }
  if (fields.endsAt === null) return { ok: false, fault: 'no-next-update' }
  const { issuer, issuedAt, endsAt, serials } = fields
  const signed = { bytes: der.subarray(body.from, body.to), signature: bits, algorithm: oid }
  return { ok: true, list: { issuer, issuedAt, endsAt, serials, signed } }
}

const unreadable: RevocationListReading = { ok: false, fault: 'unreadable' }

/** The fields of a TBSCertList, in their order. */
function readBody(der: Uint8Array, body: DerItem) {
  const items = itemsIn(der, body)
  if (items === null) return null
  const rest = items[0]?.tag === tags.integer ? items.slice(1) : items
  const [, issuer, thisUpdate, ...others] = rest
  const issuedAt = readTime(element(der, thisUpdate))
  const nextUpdate = readTime(element(der, others[0]))
  const behind = nextUpdate === null ? others : others.slice(1)
  const revoked = behind[0]?.tag === tags.sequence ? behind[0] : null
  const [extensions, ...more] = revoked === null ? behind : behind.slice(1)
  if (issuer?.tag !== tags.sequence || issuedAt === null || more.length > 0) return null
  if (extensions !== undefined && extensions.tag !== tags.extensions) return null
  const found = revoked === null ? noEntries : readEntries(der, revoked)
  const inBrackets = extensions === undefined ? [] : itemsIn(der, extensions)
  if (found === null || inBrackets === null || inBrackets.length > 1) return null
  const isKnown = extensions === undefined || sayNothingMore(der, inBrackets[0])
  return {
    issuer: hex(der, issuer.from, issuer.to),
    issuedAt,
    endsAt: nextUpdate,
    serials: found.serials,
    extensions: isKnown && found.areKnown ? ('known' as const) : ('unknown' as const),
  }
}

interface Entries {
  readonly serials: ReadonlySet<string>
  readonly areKnown: boolean
}

const noEntries: Entries = { serials: new Set<string>([]), areKnown: true }

/** Whatever the reason is, `certificateHold` included: what is on the list does not count. */
function readEntries(der: Uint8Array, revoked: DerItem): Entries | null {
  const entries = itemsIn(der, revoked)
  if (entries === null) return null
  const serials: string[] = []
  let areKnown = true
  for (const entry of entries) {
    const [serial, date, extensions, ...more] = (entry.tag === tags.sequence && itemsIn(der, entry)) || []
    if (date === undefined || more.length > 0 || !isWhole(der, serial)) return null
    serials.push(hex(der, serial.content, serial.to))
    if (extensions !== undefined) areKnown &&= sayNothingMore(der, extensions)
  }
  return { serials: new Set(serials), areKnown }
}

/** An INTEGER in its shortest form (X.690 8.3.2): of a longer one its certificate would have another text. */
function isWhole(der: Uint8Array, item: DerItem | undefined): item is DerItem {
  if (item?.tag !== tags.integer || item.content === item.to) return false
  const [first, second] = der.subarray(item.content, Math.min(item.content + 2, item.to))
  if (second === undefined) return true
  return !(first === 0 && second < 0x80) && !(first === 0xff && second >= 0x80)
}

/**
 * Whether a list can be read without these extensions: none of them must be known, as none is known here (RFC 5280 5.2,
 * 5.3), and none narrows what it covers. False: they cannot be read. Walked without an object for each of their parts:
 * every entry of a list has one that tells its reason.
 */
function sayNothingMore(der: Uint8Array, extensions: DerItem | undefined): boolean {
  const list = extensions?.tag === tags.sequence ? itemsIn(der, extensions) : null
  return list?.every((one) => one.tag === tags.sequence && canBeLeft(der, itemsIn(der, one))) ?? false
}

/** `critical` is FALSE unless it stands there as the second of three; DER writes no FALSE. */
function canBeLeft(der: Uint8Array, parts: readonly DerItem[] | null): boolean {
  const [type, value] = parts ?? []
  if (parts?.length !== 2 || type?.tag !== tags.oid || value?.tag !== tags.octetString) return false
  return !narrowing.has(hex(der, type.content, type.to))
}

/** Extensions that must be known wherever they stand. Authorities that forget to say so mean the same by them. */
const narrowing: ReadonlySet<string> = new Set([
  // 2.5.29.27, deltaCRLIndicator: an addition to another list.
  '551d1b',
  // 2.5.29.28, issuingDistributionPoint: some of the certificates, or also those of others.
  '551d1c',
  // 2.5.29.29, certificateIssuer: an entry is about a certificate of somebody else.
  '551d1d',
])

/** What a certificate says that a list names it by, and what a list is found by: its DER in hexadecimal. */
export interface CertificateNames {
  readonly serial: string
  readonly subject: string
}

/** Null: it cannot be read. */
export function readCertificateNames(der: Uint8Array): CertificateNames | null {
  const body = ofType(ofType(readDer(der) ?? undefined, 'sequence')?.children[0], 'sequence')
  if (body === null) return null
  const fields = isContext(body.children[0], 0) ? body.children.slice(1) : body.children
  const [number, , , , holder] = fields
  const serial = ofType(number, 'integer')
  const subject = ofType(holder, 'sequence')
  if (serial === null || subject === null) return null
  const text = (bytes: Uint8Array) => hex(bytes, 0, bytes.length)
  return { serial: text(serial.content), subject: text(subject.encoded) }
}

function itemsIn(der: Uint8Array, { content, to }: DerItem): readonly DerItem[] | null {
  return derItems(der, content, to)
}

function element(der: Uint8Array, item: DerItem | undefined): DerElement | undefined {
  return item === undefined ? undefined : (readDer(der.subarray(item.from, item.to)) ?? undefined)
}

/** The bits of a BIT STRING of whole bytes. */
function bitsOf(der: Uint8Array, { tag, content, to }: DerItem): Uint8Array | null {
  return tag === 0x03 && der[content] === 0 ? der.subarray(content + 1, to) : null
}

function hex(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('hex')
}
