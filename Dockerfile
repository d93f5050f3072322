# syntax=docker/dockerfile:1
# The gateway: docker build -t claimgate .
# The demo, with a provider and a sample app inside: docker build --target demo -t claimgate-demo .
ARG NODE=node:26-slim

# What runs is the source itself; Node strips the types. No install script runs, nothing is compiled.
FROM ${NODE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

# The demo's provider is a development dependency: the same locked versions, installed beside the others.
FROM packages AS demo-packages
RUN npm install --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --save-prod --save-exact \
      "oidc-provider@$(node -p "require('./package.json').devDependencies['oidc-provider']")"

FROM ${NODE} AS base
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/.cache \
    CLAIMGATE_CONFIG=/config/claimgate.yaml \
    CLAIMGATE_DATA=/data \
    CLAIMGATE_IMAGE=claimgate
# CLAIMGATE_IMAGE: what hints call the image. Set another name where it is tagged otherwise.
# /data holds sessions and, where none is configured, the session secret: keep it in a volume.
RUN mkdir /app /config /data && chown node:node /data && ln -s /app/bin/claimgate.js /usr/local/bin/claimgate
WORKDIR /app
COPY package.json LICENSE CHANGELOG.md ./
COPY --chmod=755 bin ./bin
COPY config ./config
COPY docs ./docs
COPY src ./src
LABEL org.opencontainers.image.title="claimgate" \
      org.opencontainers.image.description="OpenID Connect gateway: sign-in and claim rules in front of unmodified web apps" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["claimgate"]
EXPOSE 8080

FROM base AS demo
COPY --from=demo-packages /app/node_modules ./node_modules
# Wide inside the container, as its loopback cannot be published; it answers http://localhost:8080 alone.
ENV CLAIMGATE_DEMO_ADDRESS=0.0.0.0 \
    CLAIMGATE_IMAGE=claimgate-demo
RUN node bin/claimgate.js demo --help > /dev/null
USER node
VOLUME /data
CMD ["demo"]

FROM base AS gateway
COPY --from=packages /app/node_modules ./node_modules
# Fills the compile cache: the first start of a container is as quick as the second, on a read-only root too.
RUN node bin/claimgate.js serve --help > /dev/null
USER node
VOLUME /data
# Asks the running gateway by a local socket, so it works with TLS and without an admin port.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["claimgate", "health"]
CMD ["serve"]
