// Requests as clients and configurations of all kinds make them, drawn from a seed, in the two forms in which they are
// needed: as the client sent them, and as the gateway puts them on the wire.
import { signedQuery } from '../../../src/core/request/signed-query.ts'
import { readTarget } from '../../../src/core/request/target.ts'
import type { AwsCredentials, SignedRequest } from '../../../src/upstream/aws/signature.ts'

export interface SignedCase {
  readonly request: SignedRequest
  readonly credentials: AwsCredentials
  /** Without its `?`, as the client sent it. */
  readonly clientQuery: string
  /** What is in it that signers might differ about. */
  readonly features: readonly string[]
}

/** Endless; the same for the same seed. */
export function* signedCases(seed: number): Generator<SignedCase, never> {
  const draw = createDraw(seed)
  const callers = Array.from({ length: 7 }, (_, i) => drawCredentials(draw, i))
  for (;;) {
    const clientQuery = drawQuery(draw)
    const target = readTarget(`${drawPath(draw)}?${clientQuery}`)
    if (!target.ok) continue
    const query = signedQuery(target.target.query)
    if (!query.ok) continue
    const service = draw.of(['execute-api', 'lambda', 's3', 'vpc-lattice-svcs'])
    const path = target.target.path + query.query
    const request: SignedRequest = {
      method: draw.of(['GET', 'GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'PROPFIND']),
      path,
      host: draw.of([
        'abc123.execute-api.eu-west-1.amazonaws.com',
        'api.example.com:8443',
        '127.0.0.1:9',
        '[::1]:9',
      ]),
      headers: drawLines(draw),
      payload: service === 's3' || service === 'vpc-lattice-svcs' ? 'unsigned' : drawBody(draw),
      service,
      region: draw.of(['eu-west-1', 'us-east-1', 'us-gov-west-1', 'cn-north-1']),
      // Of fifty years, to the second; days that follow each other too.
      nowSeconds:
        draw.below(10) === 0 ? 951_782_399 + draw.below(3) : draw.below(1_577_836_800) + 946_684_800,
    }
    const credentials = draw.of(callers)
    yield { request, credentials, clientQuery, features: featuresOf(request, credentials, clientQuery) }
  }
}

interface Draw {
  below(count: number): number
  of<T>(choices: readonly T[]): T
  many(most: number, one: () => string): string[]
}

/** Mulberry32. */
function createDraw(seed: number): Draw {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (count: number): number => Math.floor(next() * count)
  return {
    below,
    of: (choices) => choices[below(choices.length)] as (typeof choices)[number],
    many: (most, one) => Array.from({ length: below(most + 1) }, one),
  }
}

const letters = ['a', 'b', 'z', 'A', 'Z', '0', '9', '-', '_', '.', '~']
const subDelimiters = [...`!$&'()*+,;=:@`]
const beyond = ['ä', 'é', '日', '本', '😀', 'ﬀ', '\u0301']

function drawPath(draw: Draw): string {
  const character = (): string => {
    switch (draw.below(8)) {
      case 0:
        return draw.of(subDelimiters)
      case 1:
        return encodeURIComponent(draw.of(beyond))
      case 2:
        return draw.of([
          '%20',
          '%21',
          '%2B',
          '%2b',
          '%C3%A4',
          '%c3%a4',
          '%3D',
          '%26',
          '%41',
          '%7E',
          '%2F',
          '%25',
        ])
      default:
        return draw.of(letters)
    }
  }
  const segments = draw.many(4, () => draw.many(6, character).join(''))
  return `/${segments.join('/')}${draw.of(['', '', '/'])}`
}

function drawQuery(draw: Draw): string {
  const character = (): string => {
    switch (draw.below(9)) {
      case 0:
        return draw.of(['+', '%20', '%2B', '%26', '%3D', '%25', '%23', '%7e', '%41', '%00', '%0A'])
      case 1:
        return encodeURIComponent(draw.of(beyond))
      case 2:
        return draw.of(
          [...`!$'()*,;:@/?[]|^{}<>"\``].map((one) =>
            /[{}<>"`^|]/.test(one) ? encodeURIComponent(one) : one,
          ),
        )
      default:
        return draw.of(letters)
    }
  }
  const text = (): string => draw.many(5, character).join('')
  const names = [...draw.many(3, text), 'a', 'a-', 'A', '']
  return draw
    .many(6, () => {
      const name = draw.of(names)
      return draw.of([name, `${name}=`, `${name}=${text()}`, `${name}=${text()}`, `${name}=a=${text()}`, ''])
    })
    .join('&')
}

function drawLines(draw: Draw): string[] {
  const value = (): string =>
    draw
      .many(4, () => draw.of(['a', 'text/plain;', 'charset=utf-8', '"b  c"', 'ü', 'é,è', ',', '=']))
      .join(draw.of([' ', '  ', '\t', ' \t  ', '']))
  const names = [
    ...[
      'Content-Type',
      'content-type',
      'Accept',
      'X-Amz-Meta-Name',
      'x-amz-meta-name',
      'X-AMZ-ACL',
      'x-amz-a',
    ],
    ...['X-Amzn-Trace-Id', 'User-Agent', 'Cookie', 'Content-Length', 'X-Amz', 'X-Forwarded-For'],
  ]
  const lines: string[] = []
  for (let i = draw.below(6); i > 0; i--) lines.push(draw.of(names), draw.of(['', '', ' ', '  ']) + value())
  return lines
}

function drawBody(draw: Draw): Buffer | null {
  if (draw.below(2) === 0) return null
  return Buffer.from(Array.from({ length: draw.below(40) }, () => draw.below(256)))
}

function drawCredentials(draw: Draw, index: number): AwsCredentials {
  const base64 = (length: number): string =>
    Array.from({ length }, () => draw.of([...'ABCabcxyz0189+/='])).join('')
  return {
    accessKeyId: `${index % 2 === 0 ? 'AKIA' : 'ASIA'}EXAMPLE${index}`,
    secretAccessKey: base64(40),
    sessionToken: index % 2 === 0 ? null : base64(400),
    endsAtMs: null,
  }
}

function featuresOf(request: SignedRequest, { sessionToken }: AwsCredentials, clientQuery: string): string[] {
  const [path = '', query = ''] = request.path.split('?')
  const names = query.split('&').map((piece) => piece.split('=')[0])
  const signed = request.headers.filter((name, i) => i % 2 === 0 && /^(content-type|x-amz-)/i.test(name))
  const found: Readonly<Record<string, boolean>> = {
    'plus in query': clientQuery.includes('+'),
    'space in query': query.includes('%20'),
    'repeated name': names.length !== new Set(names).size,
    'empty value': /=(&|$)/.test(query),
    'empty name': /(^|&)=/.test(query),
    'empty piece': /(^|&)&/.test(clientQuery),
    'name without =': clientQuery.split('&').some((piece) => piece !== '' && !piece.includes('=')),
    'names of which one begins another': names.includes('a') && names.includes('a-'),
    'beyond ASCII in query': /%[C-F]/.test(query),
    'beyond ASCII in path': /%[C-F]/.test(path),
    'percent escape in path': path.includes('%'),
    'escaped slash in path': path.includes('%2F'),
    'empty segment': path.includes('//'),
    'sub-delimiter in path': /[!$&'()*+,;=:@]/.test(path),
    'root path': path === '/',
    'no query': query === '',
    'several spaces in a value': request.headers.some((text, i) => i % 2 === 1 && /[ \t]{2}/.test(text)),
    'repeated line': signed.length !== new Set(signed.map((name) => name.toLowerCase())).size,
    'content type': signed.some((name) => /^content-type$/i.test(name)),
    'session token': sessionToken !== null,
    body: request.payload instanceof Buffer && request.payload.length > 0,
    'no body': request.payload === null,
    [request.service]: true,
  }
  return Object.keys(found).filter((name) => found[name] === true)
}
