import { type Browser, chromium, type Page } from 'playwright-core'

/** Debian's package; playwright-core brings no browser of its own. */
const executablePath = '/usr/bin/chromium'

const args = [
  '--host-resolver-rules=MAP *.example.test 127.0.0.1, MAP *.example.com 127.0.0.1',
  ...['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  '--no-first-run',
]

export interface ChromiumOptions {
  /** SHA-256 of public keys (SPKI, base64) whose certificates are taken for good ones. */
  readonly trustedKeys?: readonly string[]
  /** Keep whole pages for the back button, as browsers do and playwright does not. */
  readonly keepsPages?: boolean
}

/**
 * A real browser, without a window. Names like `wiki.example.test` are found on loopback; such an http origin is no
 * secure context, `localhost` is. Close it in a teardown: it keeps the process alive.
 */
export async function openChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const { trustedKeys = [], keepsPages = false } = options
  const trusted =
    trustedKeys.length === 0 ? [] : [`--ignore-certificate-errors-spki-list=${trustedKeys.join(',')}`]
  return chromium.launch({
    executablePath,
    args: [...args, ...trusted],
    ...(keepsPages ? { ignoreDefaultArgs: ['--disable-back-forward-cache'] } : {}),
  })
}

/**
 * What the browser complains about from now on: scripts that fail; styles, pictures and forms that a policy refuses.
 * That something did not load is none: a policy that forbids it says so in other words.
 */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (!message.text().startsWith('Failed to load resource:')) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}
