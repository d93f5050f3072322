/** What makes an answer no HTTP, by the code of the parser (llhttp: HPE_…), of undici or of zlib. Null: another code. */
export function answerWords(code: string): string | null {
  const known = words.get(code)
  if (known !== undefined) return known
  if (code.startsWith('HPE_') || code === 'HTTPParserError') return noHttp
  return code.startsWith('Z_') ? 'its answer is not compressed as it says' : null
}

const noHttp = 'what it answers is no HTTP/1.1'
const head = 'the head of its answer is no proper HTTP'
const length = 'it says in two ways, or in none that can be read, how long its answer is'

const words: ReadonlyMap<string, string> = new Map([
  ['HPE_INVALID_CONSTANT', noHttp],
  ['HPE_INVALID_VERSION', 'it answers in a version of HTTP that is not 1.x'],
  ['HPE_INVALID_STATUS', 'its answer has no status of three digits'],
  ['HPE_INVALID_HEADER_TOKEN', head],
  ['HPE_CR_EXPECTED', head],
  ['HPE_LF_EXPECTED', head],
  ['HPE_STRICT', head],
  ['HPE_UNEXPECTED_SPACE', head],
  ['HPE_INVALID_CONTENT_LENGTH', length],
  ['HPE_UNEXPECTED_CONTENT_LENGTH', length],
  ['HPE_INVALID_TRANSFER_ENCODING', length],
  ['HPE_INVALID_CHUNK_SIZE', 'a chunk of its answer does not say how long it is'],
  ['HPE_INVALID_EOF_STATE', 'its answer ends before its end'],
  ['HPE_CLOSED_CONNECTION', 'it goes on sending after the end of its answer'],
  ['HPE_USER', 'its answer was not taken'],
  ['UND_ERR_HEADERS_OVERFLOW', 'the head of its answer is longer than is read'],
  ['HPE_HEADER_OVERFLOW', 'the head of its answer is longer than is read'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'its answer is not as long as its Content-Length says'],
  ['UND_ERR_HEADERS_TIMEOUT', 'it answered nothing in time'],
  ['UND_ERR_BODY_TIMEOUT', 'it fell silent in the midst of its answer'],
  ['ERR_INVALID_CHAR', 'a header of its answer has characters that none may have'],
  ['ERR_INVALID_HTTP_TOKEN', 'a header of its answer has a name that none may have'],
  ['ERR_HTTP_INVALID_HEADER_VALUE', 'a header of its answer has no value'],
  ['UND_ERR_INFO', 'the connection was given up'],
])
