import { decodeUtf8, readBeside } from '../files.ts'
import { nearest } from '../nearest.ts'
import type { ConfigPath } from '../node.ts'
import { presets } from '../schema/provider.ts'
import { faultAt, type Scope } from './scope.ts'

/** Pages carry icons within themselves, so they stay small. */
const largestBytes = 32 * 1024

/** What `icon` may say besides a file: the pages draw these. Nobody is offered Facebook. */
export const builtInIcons: readonly string[] = [
  ...presets.filter((preset) => preset !== 'facebook'),
  ...['person', 'building', 'key'],
]

/**
 * A built-in icon's name as it is, or a picture's file as a data: URL; null when reported. What a file is follows
 * from its bytes, never from its name.
 */
export function readIcon(scope: Scope, path: ConfigPath, value: string): string | null {
  if (builtInIcons.includes(value)) return value
  const file = readBeside(scope.surroundings, value)
  if (file.ok) return dataUrlOf(scope, path, file.bytes, 'an icon')
  const message = `is neither a built-in icon (${builtInIcons.join(', ')}) nor a file: ${file.reason}`
  faultAt(scope, path, message, nearest(value, builtInIcons))
  return null
}

/** The same of a picture that is always a file; `what` it is stands in messages. */
export function readPicture(scope: Scope, path: ConfigPath, value: string, what: string): string | null {
  const file = readBeside(scope.surroundings, value)
  if (file.ok) return dataUrlOf(scope, path, file.bytes, what)
  faultAt(scope, path, `the file cannot be read: ${file.reason}`)
  return null
}

function dataUrlOf(scope: Scope, path: ConfigPath, bytes: Uint8Array, what: string): string | null {
  if (bytes.length > largestBytes) {
    faultAt(scope, path, `the file is too large: ${what} has at most 32 KiB`)
    return null
  }
  const type = imageType(bytes)
  if (type === null) {
    faultAt(scope, path, 'the file is no PNG, JPEG, WebP or plain SVG picture')
    return null
  }
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`
}

function imageType(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp'
  return isPlainSvg(decodeUtf8(bytes) ?? '') ? 'image/svg+xml' : null
}

/**
 * Pages show icons by `<img>`, where SVG runs no script and loads nothing. An icon that tries all the same is
 * refused: somebody may open it elsewhere.
 */
function isPlainSvg(text: string): boolean {
  if (!/^\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*)*<svg[\s>]/.test(text)) return false
  return !/<(?:[\w.-]+:)?(?:script|foreignObject|iframe)|<!(?:DOCTYPE|ENTITY)|\son\w+\s*=|javascript:/i.test(
    text,
  )
}
