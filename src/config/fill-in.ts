import type { ConfigPath } from './node.ts'

/**
 * What `claimgate convert` writes where the file that it read does not say what belongs there: below `.invalid` no
 * host ever is (RFC 2606 section 2).
 */
const address = /^https?:\/\/fill-in\.invalid(?=[/:]|$)/
const word = /^fill-in(?:\.(?:crt|key|pem))?$/

/** What is said of a value that `convert` left open; null for every other text. */
export function leftOpen(value: string, path: ConfigPath): string | null {
  const key = path.findLast((step) => typeof step === 'string') ?? ''
  const isWord = word.test(value) && words.has(String(key))
  if (!address.test(value) && !isWord) return null
  return `\`convert\` left this open: write ${wanted(path)}`
}

const words: ReadonlySet<string> = new Set(['client_id', 'client_key', 'certificate', 'key', 'audiences'])

function wanted(path: ConfigPath): string {
  if (path.includes('upstream')) return 'where the app listens, such as http://127.0.0.1:5000'
  switch (path.at(-1)) {
    case 'issuer':
      return "the provider's issuer, as its metadata names it"
    case 'client_id':
      return 'the client id that the provider gave'
    case 'audiences':
      return 'for whom the tokens are made, as their `aud` says'
    case 'url':
      return 'the address that people browse, such as https://wiki.example.com'
    case 'client_key':
    case 'certificate':
    case 'key':
      return 'the name of the file'
    default:
      return 'what belongs here'
  }
}
