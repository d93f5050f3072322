// Runs a handler of Node's as Lambda's runtime does, by the Runtime API: `node node-runtime.mjs file.mjs`. Buffered
// handlers return a value; those in `awslambda.streamifyResponse` write to a stream, with a head by
// `awslambda.HttpResponseStream.from`. Lambda Developer Guide, "Building a custom runtime" (runtimes-custom, with response
// streaming) and "Writing response streaming-enabled Lambda functions" (config-rs-write-functions).
import http from 'node:http'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'

const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':')
const agent = new http.Agent({ keepAlive: true })
const streams = Symbol('streams')
const contentType = Symbol('content type')
const integration = 'application/vnd.awslambda.http-integration-response'

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [streams]: true }),
  HttpResponseStream: {
    /** The head goes with the first `write`, as AWS's does it: who only ends the stream has none. */
    from(stream, head) {
      stream.setContentType(integration)
      const { write } = stream
      stream.write = (...piece) => {
        stream.write = write
        stream.write(JSON.stringify(head))
        stream.write(Buffer.alloc(8))
        return stream.write(...piece)
      }
      return stream
    },
  },
}

const { handler } = await import(pathToFileURL(process.argv[2]).href)
const main = handler[streams] === true ? answerByStream : answerWhole
for (;;) {
  const next = await ask('GET', '/2018-06-01/runtime/invocation/next')
  const id = next.headers['lambda-runtime-aws-request-id']
  const context = {
    awsRequestId: id,
    invokedFunctionArn: next.headers['lambda-runtime-invoked-function-arn'],
    getRemainingTimeInMillis: () => Number(next.headers['lambda-runtime-deadline-ms']) - Date.now(),
  }
  await main(`/2018-06-01/runtime/invocation/${id}`, JSON.parse(next.text), context)
}

async function answerWhole(path, event, context) {
  try {
    const value = await handler(event, context)
    await ask(
      'POST',
      `${path}/response`,
      { 'content-type': 'application/json' },
      JSON.stringify(value ?? null),
    )
  } catch (error) {
    await fail(path, error)
  }
}

/** A failure goes in trailers, behind what was written before it. */
async function answerByStream(path, event, context) {
  const stream = Object.assign(new PassThrough(), {
    [contentType]: 'application/octet-stream',
    setContentType(type) {
      this[contentType] = type
    },
  })
  const ran = handler(event, stream, context).then(
    () => null,
    (error) => error,
  )
  await Promise.race([ran, new Promise((resolve) => stream.once('readable', resolve))])
  const sent = http.request({
    ...{ host, port, agent: false, method: 'POST', path: `${path}/response` },
    headers: {
      'content-type': stream[contentType],
      'lambda-runtime-function-response-mode': 'streaming',
      'transfer-encoding': 'chunked',
      trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
    },
  })
  const answered = new Promise((resolve, reject) => {
    sent.on('response', (answer) => answer.resume().on('end', resolve))
    sent.on('error', reject)
  })
  void ran.then((error) => {
    if (error === null) return
    sent.addTrailers({
      'Lambda-Runtime-Function-Error-Type': error.name,
      'Lambda-Runtime-Function-Error-Body': Buffer.from(JSON.stringify(inWords(error))).toString('base64'),
    })
    stream.end()
  })
  await pipeline(stream, sent)
  await answered
}

async function fail(path, error) {
  const type = { 'lambda-runtime-function-error-type': error.name }
  await ask('POST', `${path}/error`, type, JSON.stringify(inWords(error)))
}

function inWords(error) {
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
}

function ask(method, path, headers = {}, body = '') {
  return new Promise((resolve, reject) => {
    const asked = http.request({ host, port, agent, method, path, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (piece) => {
        text += piece
      })
      answer.on('end', () => resolve({ headers: answer.headers, text }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
