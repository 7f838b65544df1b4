# syntax=docker/dockerfile:1
# Both services are one image: the command says which one runs. The socket library needs glibc, so no Alpine.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npx tsc -b gateway chat-worker && npx vite build web

FROM node:20-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Of the socket library's prebuilt binaries only this platform's one for Node 20 (ABI 115) is ever loaded.
RUN npm ci --omit=dev \
  && find node_modules/uWebSockets.js -name '*.node' ! -name 'uws_linux_*_115.node' -delete

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
CMD ["node", "dist/gateway/main.js"]
