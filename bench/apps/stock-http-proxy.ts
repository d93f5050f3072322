import type { AddressInfo } from 'node:net'
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'

/** @fastify/http-proxy as its README shows it: no sign-in, no rule, no log. */
const app = Fastify()
await app.register(httpProxy, { upstream: process.argv[2] ?? '' })
await app.listen({ port: Number(process.argv[3] ?? 0), host: '127.0.0.1' })
console.log(JSON.stringify({ port: (app.server.address() as AddressInfo).port }))
