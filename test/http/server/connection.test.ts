// One connection of a client: what is served when, and how it ends. Sockets and answers are stand-ins here; e2e/one-exchange has the real ones.
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { Connection, connectionOf } from '../../../src/http/server/connection.ts'
import { cutOf } from '../../../src/http/server/cut-answer.ts'

class HeldSocket extends EventEmitter {
  writableEnded = false
  writableLength = 0
  destroyed = false
  /** What was asked of it, in order. */
  readonly asked: (string | number)[] = []
  pause(): this {
    this.asked.push('pause')
    return this
  }
  destroySoon(): void {
    this.asked.push('destroySoon')
  }
  destroy(): void {
    this.destroyed = true
    this.asked.push('destroy')
  }
  setTimeout(ms: number, call?: () => void): this {
    this.asked.push(ms)
    if (call !== undefined) this.once('timeout', call)
    return this
  }
}

class HeldAnswer extends EventEmitter {
  shouldKeepAlive = true
  readonly req: { readonly socket: HeldSocket }
  constructor(socket: HeldSocket) {
    super()
    this.req = { socket }
  }
}

function opened() {
  const socket = new HeldSocket()
  const connection = new Connection(socket as unknown as Socket, 60_000)
  const served: number[] = []
  const answers: HeldAnswer[] = []
  /** Takes the next request; its answer. */
  const take = (): HeldAnswer => {
    const number = answers.length
    const answer = new HeldAnswer(socket)
    answers.push(answer)
    const request = answer.req as unknown as IncomingMessage
    connection.take(request, answer as unknown as ServerResponse, (served_, response) => {
      if (served_ === request && (response as unknown) === answer) served.push(number)
    })
    return answer
  }
  return { socket, connection, served, answers, take }
}

t.test('a socket has one connection, from its first request on', async (t) => {
  t.equal(connectionOf(new HeldSocket() as unknown as Socket), null)
  const { socket, connection } = opened()
  t.equal(connectionOf(socket as unknown as Socket), connection)
})

t.test('requests are served one after the other', async (t) => {
  const { connection, served, take, answers } = opened()
  t.ok(connection.isIdle())
  t.notOk(connection.servesOne())
  t.equal(connection.newest(), null)
  take()
  t.same(served, [0])
  t.notOk(connection.isIdle())
  t.ok(connection.servesOne())
  t.equal(connection.newest(), answers[0])
  take()
  take()
  t.same(served, [0])
  t.notOk(connection.servesOne())
  t.equal(connection.newest(), answers[2])
  answers[0]?.emit('close')
  t.same(served, [0, 1])
  answers[1]?.emit('close')
  t.same(served, [0, 1, 2])
  t.ok(connection.servesOne())
  answers[2]?.emit('close')
  t.ok(connection.isIdle())
  t.equal(connection.newest(), null)
  take()
  t.same(served, [0, 1, 2, 3], 'the connection goes on')
})

t.test('none is served when the connection ends first', async (t) => {
  for (const end of ['writableEnded', 'destroyed'] as const) {
    const { socket, connection, served, take } = opened()
    const first = take()
    take()
    socket[end] = true
    first.emit('close')
    t.same(served, [0], end)
    t.ok(connection.isIdle())
  }
})

t.test('so many wait and no more; the last of them says that it is', async (t) => {
  const { socket, served, take, answers } = opened()
  for (let i = 0; i < limits.pipelinedRequests + 1; i++) take()
  take()
  t.same(socket.asked, [0], 'the connection lives')
  for (let i = 0; i < limits.pipelinedRequests; i++) {
    t.equal(answers[i]?.shouldKeepAlive, true, `${i}`)
    answers[i]?.emit('close')
  }
  t.equal(answers.at(-2)?.shouldKeepAlive, false)
  t.equal(served.length, limits.pipelinedRequests + 1)
  answers.at(-2)?.emit('close')
  t.equal(served.length, limits.pipelinedRequests + 1, 'what was beyond is never served')
})

t.test('as many as may wait keep the connection', async (t) => {
  const { take, answers } = opened()
  for (let i = 0; i < limits.pipelinedRequests + 1; i++) take()
  for (const answer of answers) answer.emit('close')
  t.same(new Set(answers.map(({ shouldKeepAlive }) => shouldKeepAlive)), new Set([true]))
})

t.test('a flood of them ends it at once', async (t) => {
  const { socket, take } = opened()
  for (let i = 0; i < 1 + limits.pipelinedRequests + limits.pipelinedExcess; i++) take()
  t.notOk(socket.destroyed)
  take()
  t.ok(socket.destroyed)
})

t.test('one that is to end takes no more, and ends when all that it took are answered', async (t) => {
  const { socket, connection, served, take, answers } = opened()
  take()
  take()
  connection.endAfterTaken()
  t.same(socket.asked, [0, 'pause'], 'nothing more is read')
  take()
  answers[0]?.emit('close')
  t.same(served, [0, 1])
  t.notOk(socket.asked.includes('destroySoon'))
  answers[1]?.emit('close')
  t.same(served, [0, 1])
  t.same(socket.asked, [0, 'pause', 0, 'destroySoon'])
  const idle = opened()
  idle.connection.endAfterTaken()
  t.same(idle.socket.asked, ['pause', 'destroySoon'], 'at once where nothing is under way')
  const busy = opened()
  busy.take().emit('close')
  t.same(busy.socket.asked, [0], 'not where nobody said so')
})

t.test('an answer that was written and is not taken has its time, and is cut then', async (t) => {
  const { socket, connection, take } = opened()
  const answer = take()
  answer.emit('prefinish')
  t.same(socket.asked, [0], 'one that went out needs none')
  socket.writableLength = 1
  answer.emit('prefinish')
  t.same(socket.asked, [0], 'it ends once')
  answer.emit('close')
  const next = take()
  next.emit('prefinish')
  t.same(socket.asked, [0, 0, 60_000])
  socket.emit('timeout')
  t.ok(socket.destroyed)
  t.equal(cutOf(next.req as unknown as IncomingMessage), 'ANSWER_STALLED', 'and the log can say why')
  t.equal(cutOf(answer.req as unknown as IncomingMessage), null)
  t.notOk(connection.isIdle())
})

t.test('the time of an answer ends with it', async (t) => {
  const { socket, take } = opened()
  const answer = take()
  socket.writableLength = 1
  answer.emit('prefinish')
  answer.emit('close')
  socket.emit('timeout')
  t.notOk(socket.destroyed)
  take()
  t.same(socket.asked, [0, 60_000, 0], 'and the next request has none')
})
