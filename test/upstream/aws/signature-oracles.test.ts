// Ten thousand requests, signed by three: the gateway, AWS's signer for JavaScript and Debian's botocore. The other two
// get what the client sent, and spell and sort it themselves; the gateway signs what it puts on the wire. A request that
// one of them would sign otherwise is one that AWS would refuse.
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { SignatureV4 } from '@smithy/signature-v4'
import t from 'tap'
import { signatureLines } from '../../../src/upstream/aws/signature.ts'
import { startFed } from '../../support/aws/fed-child.ts'
import { type SignedCase, signedCases } from '../../support/aws/signed-cases.ts'

const seed = 20_261_129
const count = 10_000
const cases = signedCases(seed).take(count).toArray()

/** Name, value, name, value … as pairs. */
function pairsOf(flat: readonly string[]): [name: string, value: string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? ''])
}

const isSigned = (name: string): boolean => /^(content-type|x-amz-)/i.test(name)

/** The path as signers of S3 take it: each byte but RFC 3986's unreserved ones escaped, as AWS's clients send it too. */
function signerPath({ request }: SignedCase): string {
  const path = request.path.split('?')[0] ?? ''
  if (request.service !== 's3') return path
  const escaped = (byte: string): string => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`
  return path.replace(/[!$&'()*+,;=:@[\]|]/g, escaped)
}

class NodeSha256 {
  readonly #hash: Hash | Hmac
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key))
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }
  reset(): void {}
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
}

async function signedBySmithy(one: SignedCase): Promise<string> {
  const { request, credentials } = one
  const headers: Record<string, string> = { host: request.host }
  for (const [name, value] of pairsOf(request.headers).filter(([name]) => isSigned(name))) {
    const key = name.toLowerCase()
    headers[key] = key in headers ? `${headers[key]?.trim()},${value.trim()}` : value
  }
  const { payload } = request
  headers['x-amz-content-sha256'] =
    payload === 'unsigned'
      ? 'UNSIGNED-PAYLOAD'
      : createHash('sha256')
          .update(payload ?? '')
          .digest('hex')
  const query: Record<string, string[]> = {}
  for (const [name, value] of new URLSearchParams(`?${one.clientQuery}`))
    query[name] = [...(query[name] ?? []), value]
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken !== null && { sessionToken: credentials.sessionToken }),
    },
    region: request.region,
    service: request.service,
    sha256: NodeSha256,
    uriEscapePath: request.service !== 's3',
  })
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'https:',
      hostname: request.host,
      path: signerPath(one),
      query,
      headers,
      body: payload === 'unsigned' ? undefined : (payload ?? undefined),
    },
    { signingDate: new Date(request.nowSeconds * 1000) },
  )
  return signed.headers.authorization ?? ''
}

function forBotocore(one: SignedCase): unknown {
  const { request, credentials } = one
  const { payload } = request
  return {
    method: request.method,
    host: request.host,
    path: signerPath(one),
    query: one.clientQuery,
    lines: pairsOf(request.headers).filter(([name]) => isSigned(name)),
    body: payload instanceof Buffer ? payload.toString('base64') : null,
    unsigned: payload === 'unsigned',
    service: request.service,
    region: request.region,
    stamp: new Date(request.nowSeconds * 1000).toISOString().replaceAll(/[-:]|\.000/g, ''),
    ...credentials,
  }
}

const signatureOf = ({ request, credentials }: SignedCase): string =>
  signatureLines(request, credentials).at(-1) ?? ''

t.test('the requests hold what signers may differ about', async (t) => {
  const counts = new Map<string, number>()
  for (const { features } of cases) for (const one of features) counts.set(one, (counts.get(one) ?? 0) + 1)
  const least = [...counts].filter(([, times]) => times < 100)
  t.same(least, [], 'each often enough')
  t.equal(counts.size, 26)
  t.equal(new Set(cases.map(({ request }) => request.path)).size > count / 2, true)
})

t.test('each is signed as AWS’s signer for JavaScript signs it', async (t) => {
  const different: unknown[] = []
  for (const one of cases) {
    const [ours, theirs] = [signatureOf(one), await signedBySmithy(one)]
    if (ours !== theirs) different.push({ ...one, ours, theirs })
  }
  t.same(different.slice(0, 3), [], `${different.length} of ${count}`)
})

t.test('each is signed as botocore signs it', async (t) => {
  const program = fileURLToPath(new URL('../../support/aws/botocore_signer.py', import.meta.url))
  const child = startFed(
    '/usr/bin/python3',
    [program],
    cases.map((one) => JSON.stringify(forBotocore(one))),
  )
  let at = 0
  const different: unknown[] = []
  for await (const line of createInterface(child.stdout)) {
    const one = cases[at++]
    if (one === undefined) throw new Error('more answers than requests')
    const [ours, theirs] = [signatureOf(one), JSON.parse(line)]
    if (ours !== theirs) different.push({ ...one, ours, theirs })
  }
  t.equal(at, count, await child.errors())
  t.same(different.slice(0, 3), [], `${different.length} of ${count}`)
})
