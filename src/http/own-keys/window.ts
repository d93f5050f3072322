import { type Answer, withHeaders } from '../pages/answer.ts'

/**
 * The page in a window that it shares with no other page, of its own origin neither: an app that sends
 * `Cross-Origin-Opener-Policy: same-origin` could look into it otherwise, as with the same value both belong together. With
 * an embedder policy beside it, which costs a page without pictures nothing, the value is another one (HTML, "match
 * opener policy values"). The value that keeps out every opener is none at all to browsers that do not know it.
 */
export function inOwnWindow(answer: Answer): Answer {
  return withHeaders(answer, { 'cross-origin-embedder-policy': 'require-corp' })
}
