import { isIP } from 'node:net'
import { z } from 'zod'
import type { ListenAddress } from '../../core/gateway.ts'
import { isReservedHeader } from '../../core/headers/names.ts'
import { type AddressRange, readAddressRange } from '../../core/request/address.ts'
import { Secret } from '../../core/secret.ts'
import { readSocketAddress } from '../upstream-address.ts'
import { readSegments, readWebAddress } from '../web-address.ts'
import { dateTimePattern, readDateTime } from './date-time.ts'
import { durationPattern, readDuration, readSize, sizePattern } from './units.ts'

/**
 * The kinds of values that keys take. `form` is what the reference page calls the kind; zod's own metadata goes into
 * the JSON Schema for editors.
 */
export const forms = z.registry<{ readonly form: string }>()

/** A text that is there: empty ones are faults wherever a text is expected. */
export const text = z.string().min(1).register(forms, { form: 'text' })

/** Which claim apps are told. Providers name claims by addresses too. */
export const claimPath = text.clone().max(256).register(forms, { form: 'claim path' })

/** One line that people read. */
export const line = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, { error: 'expected one line without control characters' })
  .register(forms, { form: 'one line of text' })

/** Kept apart from the first moment: nothing that prints a model prints this. */
export const secret = z
  .string()
  .min(1)
  .transform((value) => new Secret(value))
  .register(forms, { form: 'secret text' })

/** Yields whole seconds. */
export const duration = judged(readDuration, {
  pattern: durationPattern,
  examples: ['30s', '15m', '8h', '7d'],
}).register(forms, { form: 'duration' })

/** The same, and not longer than a bound, which messages call as it is written. */
export function durationAtMost(mostSeconds: number, most: string) {
  return judged(
    (value): Judgement<number> => {
      const read = readDuration(value)
      return read.ok && read.value > mostSeconds ? { ok: false, message: `must be at most ${most}` } : read
    },
    { pattern: durationPattern, examples: [most] },
  ).register(forms, { form: 'duration' })
}

/** The same, or `0s` for not at all. */
export const durationOrNone = judged(
  (value): Judgement<number> => (value === '0s' ? { ok: true, value: 0 } : readDuration(value)),
  { pattern: `^0s$|${durationPattern}`, examples: ['0s', '5m', '1h'] },
).register(forms, { form: 'duration or `0s`' })

/** A time with its zone (RFC 3339 section 5.6). Yields whole seconds since 1970. */
export const dateTime = judged(readDateTime, {
  pattern: dateTimePattern,
  examples: ['2026-11-28T20:00:00Z', '2026-11-28T21:00:00+01:00'],
}).register(forms, { form: 'date and time' })

/** Yields bytes. */
export const size = judged(readSize, { pattern: sizePattern, examples: ['512KiB', '10MiB'] }).register(
  forms,
  {
    form: 'size',
  },
)

/** RFC 9110 allows more; these reach WSGI and CGI apps unchanged. */
export const headerName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9-]+$/, { error: 'expected a header name of letters, digits and "-"' })
  .refine((value) => !isReservedHeader(value), {
    error: 'is reserved: HTTP or the gateway itself gives this header its meaning',
  })
  .register(forms, { form: 'header name' })

/** RFC 9110 section 5.5, without obs-text: visible ASCII and inner spaces. Servers take lines of 4 to 8 KiB. */
export const headerValue = z
  .string()
  .max(4096)
  .regex(/^[!-~](?:[\t -~]*[!-~])?$/, { error: 'expected visible ASCII, without spaces at its edges' })
  .transform((value) => new Secret(value))
  .register(forms, { form: 'text' })

/** A file's text itself, or where it lies: relative to the configuration's folder. */
export const pem = z.string().min(1).register(forms, { form: 'PEM text or a file' })
export const filePath = z.string().min(1).register(forms, { form: 'file' })

export const flag = z.boolean().register(forms, { form: '`true` or `false`' })

/** A whole number of things. */
export function count(least: number, most: number) {
  return z.number().int().min(least).max(most).register(forms, { form: 'number' })
}

/** Names that operators give, as they stand in addresses, logs and metrics. */
export const name = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, {
    error:
      'a name holds letters, digits, "_", "-" and ".", begins with a letter or digit, and has at most 64',
  })

/** One or several; yields a list. An empty list says nothing and is a fault. */
export function oneOrMore<Item extends z.ZodType<unknown, string>>(item: Item) {
  return z
    .union([item, z.array(item).min(1)])
    .transform((value): readonly z.output<Item>[] => (Array.isArray(value) ? value : [value]))
}

/** One of some words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words).register(forms, { form: words.map((word) => `\`${word}\``).join(', ') })
}

/** A web origin: scheme and host, without a path. Yields it as browsers send it. */
export const webOrigin = judged((value) => {
  const read = readWebAddress(value)
  if (!read.ok) return read
  const { origin, path } = read.address
  if (path === '' && !value.endsWith('/')) return { ok: true, value: origin }
  return { ok: false, message: 'expected an origin without a path: https://wiki.example.com' }
}).register(forms, { form: 'origin' })

/** A path of an origin as it goes on the wire, where no rule looks at it: plain ASCII, not `/` itself. */
const plainPath = judged((value) => {
  const read = readSegments(value.replace(/(?<=.)\/$/, ''))
  if (!read.ok) return read
  if (read.segments.length > 0 && /^[!-~]+$/.test(value)) return { ok: true, value }
  return { ok: false, message: 'expected a path of plain ASCII below "/"' }
}).register(forms, { form: 'path' })

/** The same, in which `{provider}` may stand for one segment. */
export const redirectPath = judged((value) => {
  const read = plainPath.safeParse(value.replace(/\/\{provider\}(?=\/|$)/, '/provider'))
  if (read.success) return { ok: true, value }
  if (!value.includes('{')) return { ok: false, message: read.error.issues[0]?.message ?? 'is no path' }
  return { ok: false, message: '`{provider}` stands for a whole segment, once: /oauth2/callback/{provider}' }
}).register(forms, { form: 'path' })

/** A path of the origin, or a whole address. */
export const localOrWebAddress = judged((value) => {
  if (value.startsWith('/')) {
    const read = readSegments(value.replace(/(?<=.)\/$/, ''))
    return read.ok ? { ok: true, value } : read
  }
  const [address = ''] = value.split('?', 1)
  const read = value.includes('#') ? readWebAddress(value) : readWebAddress(address)
  return read.ok ? { ok: true, value } : read
}).register(forms, { form: 'URL or path' })

/** An address or a network without host bits. Yields the network. */
export const network = judged((value) => {
  const read = readAddressRange(value)
  if (read.ok) return { ok: true, value: read.range }
  if (value.includes(','))
    return { ok: false, message: 'several addresses are a list: [10.0.0.0/8, 192.168.0.0/16]' }
  switch (read.reason) {
    case 'address':
      return { ok: false, message: 'expected an address or a CIDR such as 10.0.0.0/8' }
    case 'prefix-length':
      return { ok: false, message: 'the length after "/" is none of this kind of address' }
    case 'host-bits':
      return { ok: false, message: 'the address has bits beyond the length after "/"', meant: read.network }
  }
}).register(forms, { form: 'CIDR' })

/** What a judgement found to be meant, out of the issue that was made of it; null for every other issue. */
export function meantOf(issue: z.core.$ZodIssue | undefined): string | null {
  const meant: unknown = issue?.code === 'custom' ? issue.params?.meant : null
  return typeof meant === 'string' ? meant : null
}

/** Whose word about clients counts: a network, or `unix` for whoever comes by the socket of `listen`. */
export const trustedPeer = judged((value): Judgement<AddressRange | 'unix'> => {
  if (value === 'unix') return { ok: true, value }
  const read = network.safeParse(value)
  if (read.success) return { ok: true, value: read.data }
  const [issue] = read.error.issues
  return { ok: false, message: issue?.message ?? 'is no network', meant: meantOf(issue) }
}).register(forms, { form: 'CIDR or `unix`' })

/** `0.0.0.0:8080`, `[::]:8080`, `localhost:8080`; port 0 is any that is free. */
export const listenAddress = judged((value): Judgement<ListenAddress> => {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(value) ?? []
  const host = bracketed ?? plain ?? ''
  const port = Number(digits)
  const isHost = bracketed === undefined ? isIP(host) === 4 || isHostName(host) : isIP(host) === 6
  if (digits !== undefined && isHost && port <= 65535) return { ok: true, value: { host, port } }
  const message = 'expected address:port, such as 0.0.0.0:8080, 127.0.0.1:8080 or "[::]:8080"'
  return { ok: false, message }
}).register(forms, { form: '`address:port`' })

/** The same, or a Unix socket: `unix:/run/claimgate.sock`. */
export const listenPlace = judged(
  (value): Judgement<ListenAddress & { readonly socketPath: string | null }> => {
    const socket = readSocketAddress(value)
    if (socket !== null && !socket.ok) return socket
    if (socket !== null) return { ok: true, value: { host: '', port: 0, socketPath: socket.path } }
    const read = listenAddress.safeParse(value)
    if (read.success) return { ok: true, value: { ...read.data, socketPath: null } }
    const message = 'expected address:port, such as 0.0.0.0:8080 or "[::]:8080", or unix:/run/claimgate.sock'
    return { ok: false, message }
  },
).register(forms, { form: '`address:port` or `unix:/path`' })

/** Permissions of a file as chmod(1) has them: `"0660"`. */
export const fileMode = judged((value): Judgement<number> => {
  if (/^0?[0-7]{3}$/.test(value)) return { ok: true, value: Number.parseInt(value, 8) }
  return { ok: false, message: 'expected permissions such as "0660": three octal digits, in quotes' }
}).register(forms, { form: 'octal digits' })

function isHostName(host: string): boolean {
  return /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host) && !/^[0-9.]+$/.test(host)
}

export type Judgement<Value> =
  | { readonly ok: true; readonly value: Value }
  /** `meant`: what was probably meant; told where the value stands in the file itself. */
  | { readonly ok: false; readonly message: string; readonly meant?: string | null }

/** A text that is read into something by a function of its own; what that finds wrong is the fault. */
export function judged<Value>(
  judge: (value: string) => Judgement<Value>,
  hints: { pattern?: string; examples?: string[] } = {},
) {
  return z
    .string()
    .min(1)
    .meta(hints)
    .transform((value, context) => {
      const result = judge(value)
      if (result.ok) return result.value
      const { message, meant = null } = result
      context.addIssue({ code: 'custom', message, params: { meant } })
      return z.NEVER
    })
}
