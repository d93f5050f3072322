// One app in three frameworks, each behind the adapter that people use for it: `X-Adapter` says which. It shows what came, and
// has a few answers as apps give them.
import awsLambdaFastify from '@fastify/aws-lambda'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import serverlessHttp from 'serverless-http'

const picture = Buffer.from([...Array(256).keys()])

/** What every framework shows of a request. */
const shown = ({ method, target, host, headers, address, user, body, parsed }) => ({
  ...{ method, target, host, address: address ?? null, user: user ?? null, parsed: parsed ?? null },
  headers: Object.fromEntries(
    ['x-wiki-user', 'x-many', 'cookie', 'x-apigateway-event'].map((name) => [name, headers[name] ?? null]),
  ),
  body: Buffer.from(body ?? '').toString('base64'),
})

const userOf = (context) => context?.authorizer?.principalId

function expressApp() {
  const app = express()
  app.set('trust proxy', true)
  app.get('/moved', (_, answer) =>
    answer.cookie('a', '1').cookie('b', 'two words').redirect('/there?x=%C3%BC'),
  )
  app.get('/picture', (_, answer) => answer.type('image/png').send(picture))
  app.get('/text', (_, answer) => answer.set('ETag', '"one"').type('text').send('größer'))
  app.get('/none', (_, answer) => answer.status(204).end())
  app.use('/form', express.urlencoded({ extended: true }))
  app.use('/json', express.json())
  app.use('/raw', express.raw({ type: '*/*' }))
  app.use((request, answer) => {
    const { method, originalUrl: target, host, headers, ip: address, requestContext, body } = request
    const isRaw = Buffer.isBuffer(body)
    const seen = { method, target, host, headers, address, user: userOf(requestContext) }
    answer.json(shown({ ...seen, body: isRaw ? body : null, parsed: isRaw ? null : body }))
  })
  return app
}

function honoApp() {
  const app = new Hono()
  app.get('/moved', (context) => {
    for (const cookie of ['a=1; Path=/', 'b=two%20words; Path=/'])
      context.header('Set-Cookie', cookie, { append: true })
    return context.redirect('/there?x=%C3%BC')
  })
  app.get('/picture', (context) => context.body(picture, 200, { 'Content-Type': 'image/png' }))
  app.get('/text', (context) =>
    context.req.header('If-None-Match') === '"one"'
      ? context.body(null, 304)
      : context.text('größer', 200, { ETag: '"one"' }),
  )
  app.get('/none', (context) => context.body(null, 204))
  app.get('/events', (context) =>
    context.body(
      new ReadableStream({
        async start(pieces) {
          for (let i = 0; i < 3; i += 1) {
            pieces.enqueue(new TextEncoder().encode(`data: ${i} größer\n\n`))
            await new Promise((resolve) => setTimeout(resolve, 20))
          }
          pieces.close()
        },
      }),
      200,
      { 'Content-Type': 'text/event-stream', 'Set-Cookie': 'c=3; Path=/' },
    ),
  )
  app.all('*', async (context) => {
    const { method, url, headers } = context.req.raw
    const { pathname, search } = new URL(url)
    const bytes = Buffer.from(await context.req.arrayBuffer())
    const seen = {
      method,
      target: pathname + search,
      host: headers.get('host'),
      headers: Object.fromEntries(headers),
    }
    const { requestContext } = context.env
    const address = (requestContext.http ?? requestContext.identity).sourceIp
    const parsed =
      pathname === '/json'
        ? JSON.parse(bytes)
        : pathname === '/form'
          ? Object.fromEntries(new URLSearchParams(`${bytes}`))
          : null
    return context.json(
      shown({ ...seen, address, user: userOf(requestContext), body: parsed ? null : bytes, parsed }),
    )
  })
  return app
}

function fastifyApp() {
  const app = Fastify({ trustProxy: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  app.get('/moved', (_, answer) =>
    answer.header('Set-Cookie', ['a=1; Path=/', 'b=two%20words; Path=/']).redirect('/there?x=%C3%BC'),
  )
  app.get('/picture', (_, answer) => answer.type('image/png').send(picture))
  app.get('/text', (request, answer) =>
    request.headers['if-none-match'] === '"one"'
      ? answer.code(304).send()
      : answer.header('ETag', '"one"').type('text/plain; charset=utf-8').send('größer'),
  )
  app.get('/none', (_, answer) => answer.code(204).send())
  app.all('/*', (request) => {
    const { method, url: target, host, headers, ip: address, body } = request
    const parsed =
      target === '/json'
        ? JSON.parse(body)
        : target === '/form'
          ? Object.fromEntries(new URLSearchParams(`${body}`))
          : null
    const user = userOf(request.awsLambda.event.requestContext)
    return shown({ method, target, host, headers, address, user, body: parsed ? null : body, parsed })
  })
  return app
}

export const hono = honoApp()
const adapters = {
  express: serverlessHttp(expressApp(), { binary: ['image/*'] }),
  hono: handle(hono),
  fastify: awsLambdaFastify(fastifyApp(), { binaryMimeTypes: ['image/png'] }),
}

export const handler = (event, context) =>
  adapters[event.headers['X-Adapter'] ?? event.headers['x-adapter'] ?? 'express'](event, context)
