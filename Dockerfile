# One image per process of Weir: docker build --target collector|worker|dashboard .
# The engines are servers of their own here (docker-compose.yml), so the embedded ones are left out.

# Tag and digest belong together: the digest of the tag's multi-architecture index decides what is pulled, here and in docker-compose.yml.
FROM node:24.21.0-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 AS base

FROM base AS build
WORKDIR /weir
ENV NEXT_TELEMETRY_DISABLED=1
COPY . .
RUN npm run build

FROM base AS runtime
WORKDIR /weir
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 WEIR_HOST=0.0.0.0 WEIR_HOME=/var/lib/weir
RUN mkdir /var/lib/weir && chown node:node /var/lib/weir
COPY --from=build --chown=node:node /weir /weir
USER node
VOLUME /var/lib/weir
STOPSIGNAL SIGTERM

FROM runtime AS collector
EXPOSE 4318
EXPOSE 4317
CMD ["node", "cli/bin/weir.js", "collector"]

FROM runtime AS worker
EXPOSE 4319
CMD ["node", "cli/bin/weir.js", "worker"]

FROM runtime AS dashboard
EXPOSE 3000
CMD ["node", "cli/bin/weir.js", "dashboard"]
