// An EventSource in a browser: it is open when the app has sent its head, long before the first event.
import { createServer, type ServerResponse } from 'node:http'
import t from 'tap'
import { portOf } from '../support/ports.ts'
import { patienceMs } from '../support/waiting.ts'
import { openAs, openStage } from './stage.ts'

const streams: ServerResponse[] = []
const app = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
  streams.push(response)
})
await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
const stage = await openStage({
  apps: ({ url, upstream }) => `
  wiki:
    url: ${url}
    upstream: ${upstream}
    provider: op
    require: signed_in
  news:
    url: ${url}/news
    upstream: http://127.0.0.1:${portOf(app)}
    provider: op
    require: signed_in
`,
})
t.teardown(async () => {
  await stage.close()
  app.closeAllConnections()
  await new Promise((resolve) => app.close(resolve))
})

t.test('it opens without an event, and hears each as it is sent', async (t) => {
  const page = await stage.newPage()
  await openAs(page, 'alice', `${stage.url}/page`)
  await page.evaluate(`{
    window.seen = []
    const source = new EventSource('/news/events')
    source.onopen = () => seen.push('open')
    source.onmessage = ({ data }) => seen.push(data)
    source.onerror = () => { seen.push('error'); source.close() }
  }`)
  const saw = async (words: readonly string[]): Promise<void> => {
    const condition = `JSON.stringify(window.seen) === ${JSON.stringify(JSON.stringify(words))}`
    await page.waitForFunction(condition, null, { timeout: patienceMs })
    t.pass(words.join(', '))
  }
  await saw(['open'])
  t.equal(streams.length, 1)
  streams[0]?.write('data: first\n\n')
  await saw(['open', 'first'])
  streams[0]?.write('data: second\n\n')
  await saw(['open', 'first', 'second'])
  await page.context().close()
})
