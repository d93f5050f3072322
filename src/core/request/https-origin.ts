import { limits } from '../limits/table.ts'

/** Whether a text is an https origin as browsers write one (RFC 6454 section 6.2). Never `null`, nothing that is almost one. */
export function isHttpsOrigin(text: string): boolean {
  if (text.length > limits.originCharacters || !text.startsWith('https://')) return false
  const url = URL.parse(text)
  return url !== null && url.protocol === 'https:' && url.origin === text
}
