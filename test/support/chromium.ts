import { type Browser, chromium } from 'playwright-core'

/** Debian's package; playwright-core brings no browser of its own. */
const executablePath = '/usr/bin/chromium'

/**
 * A real browser, without a window. Names like `wiki.example.test` are found on loopback; such an http origin is no
 * secure context, `localhost` is. Close it in a teardown: it keeps the process alive.
 */
export async function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ['--host-resolver-rules=MAP *.example.test 127.0.0.1, MAP *.example.com 127.0.0.1'],
  })
}
