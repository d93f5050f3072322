import { limits } from './limits/table.ts'

/**
 * Whether a text repeats a credential. Providers put what they were sent into their words, and rarely as it was sent:
 * form-encoded, as JSON or HTML, in base64 with and without `Basic`, cut. So the text is read in each of those
 * ways, several deep, and no reading may hold a credential or a piece of one.
 */

const depth = 3
/** A piece of a credential of at least 17 characters is found wherever it begins; a shorter credential is found whole. */
const pieceCharacters = 12
const pieceStride = 6

/** A JSON Web Token by its form: the assertions that prove us are named by nobody. */
const jsonWebToken = /\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*/g

/**
 * True when some reading of the text holds one of them, a piece of one, or a JSON Web Token, letters in any case; and when
 * there are more readings than are looked at.
 */
export function repeats(text: string, credentials: readonly string[]): boolean {
  const pieces = credentials.flatMap(piecesOf)
  const readings = readingsOf(text.slice(0, limits.echoCharacters))
  if (readings.length > limits.echoReadings) return true
  return readings.some((reading) => {
    const folded = reading.toLowerCase()
    return pieces.some((piece) => folded.includes(piece)) || reading.search(jsonWebToken) !== -1
  })
}

/** The text with `[secret]` for each of them that stands there as it is, and for what is a token by its form. */
export function blotted(text: string, credentials: readonly string[]): string {
  return credentials
    .filter((credential) => credential !== '')
    .reduce((rest, credential) => rest.replaceAll(credential, '[secret]'), text)
    .replaceAll(authorization, '$1 [secret]')
    .replaceAll(jsonWebToken, '[secret]')
}

/** `Authorization: Basic …` holds the secret in another spelling. */
const authorization = /\b(Basic|Bearer)\s+[A-Za-z0-9+/._~=-]+/gi

function piecesOf(credential: string): readonly string[] {
  const folded = credential.toLowerCase()
  if (folded.length <= pieceCharacters) return folded === '' ? [] : [folded]
  const count = Math.floor((folded.length - pieceCharacters) / pieceStride) + 1
  return Array.from({ length: count }, (_, index) =>
    folded.slice(index * pieceStride, index * pieceStride + pieceCharacters),
  )
}

/** Stops at the first level that has more than are looked at. */
function readingsOf(text: string): readonly string[] {
  const found = new Set([text])
  let last: readonly string[] = [text]
  for (let level = 0; level < depth && found.size <= limits.echoReadings; level += 1) {
    const next = last.flatMap((reading) => decodings.map((decode) => decode(reading)))
    last = [...new Set(next)].filter((reading) => reading !== '' && !found.has(reading))
    for (const reading of last) found.add(reading)
  }
  return [...found]
}

/** Each undoes one way of writing; what is not written in that way stays. */
const decodings: readonly ((text: string) => string)[] = [
  (text) => unescapePercent(text),
  (text) => unescapePercent(text.replaceAll('+', ' ')),
  (text) =>
    text.replaceAll(
      /\\(?:u\{0*([0-9a-f]{1,4})\}|u([0-9a-f]{4})|x([0-9a-f]{2})|(.))/gis,
      (_all, braced, long, short, plain) =>
        plain === undefined ? String.fromCharCode(Number.parseInt(braced ?? long ?? short, 16)) : plain,
    ),
  (text) =>
    text.replaceAll(/%u([0-9a-f]{4})/gi, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
  (text) =>
    text
      .replaceAll(/&#x0*([0-9a-f]{1,4});?/gi, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replaceAll(/&#0*(\d{1,5});?/g, (_all, code) => String.fromCharCode(Number(code)))
      .replaceAll(/&(amp|lt|gt|quot|apos);/gi, (all, name) => entities.get(name.toLowerCase()) ?? all),
  (text) => text.replaceAll(/\s+/g, ''),
  // Where a run begins is not known: it may have letters in front of it that are none of it.
  (text) => decodeRuns(text, /[\w+/-]{8,}/g, 'base64', 4),
  (text) => decodeRuns(text, /[0-9a-f]{12,}/gi, 'hex', 2),
]

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

function unescapePercent(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  )
}

function decodeRuns(text: string, runs: RegExp, encoding: 'base64' | 'hex', alignments: number): string {
  const found = text.match(runs) ?? []
  return found
    .flatMap((run) =>
      Array.from({ length: alignments }, (_, skipped) =>
        Buffer.from(run.slice(skipped), encoding).toString('utf8'),
      ),
    )
    .join('\n')
}
