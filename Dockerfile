# syntax=docker/dockerfile:1
# Every service is one image: the command says which one runs. The socket library needs glibc 2.27 or newer, so
# Debian and no Alpine; its binaries are made for each version of Node: what runs is what is kept here.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npx tsc -b gateway chat-worker && npx vite build web

FROM node:20-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Of the socket library's prebuilt binaries only this platform's one for this Node is ever loaded.
RUN npm ci --omit=dev \
  && find node_modules/uWebSockets.js -name '*.node' ! -name "$(node -p '`uws_${process.platform}_${process.arch}_${process.versions.modules}.node`')" -delete

FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
# What agents are told is read where people edit it; a volume in its place changes it without a new image.
COPY chat-worker/agents/prompts chat-worker/agents/prompts
USER node
EXPOSE 8000 9464 9465
# Alive, not ready: a service whose broker is away is not to be restarted for it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "dist/shared/http/health-check.js", "/healthz"]
# Services drain on SIGTERM, also as the first process of a container. They start no others that had to be reaped.
STOPSIGNAL SIGTERM
CMD ["node", "--import", "./dist/shared/telemetry/start.js", "dist/gateway/main.js"]
