/**
 * Whether the client's `Content-Type` cannot be signed so that every reader agrees: of its lines only this one is part of a
 * signature, and what AWS reads in another way it refuses as a signature of ours that is wrong. Two lines are joined by some
 * and not by others. Tabs are spaces to some. Bytes beyond ASCII have no one encoding, and some of them are blanks. Two spaces
 * in quotes are one to some. `headers`: flat, of which the first `ofClient` entries are the client's.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html (canonical headers)
 */
export function isUnsignableType(headers: readonly string[], ofClient: number): boolean {
  let type: string | null = null
  for (let i = 0; i + 1 < ofClient; i += 2) {
    const name = headers[i] ?? ''
    if (name.length !== contentType.length || name.toLowerCase() !== contentType) continue
    if (type !== null) return true
    type = headers[i + 1] ?? ''
  }
  if (type === null) return false
  const quote = type.indexOf('"')
  return /[^ -~]/.test(type) || (quote !== -1 && type.includes('  ', quote))
}

const contentType = 'content-type'
