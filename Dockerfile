# One image per process of Weir: docker build --target collector|worker|dashboard .
# The engines are servers of their own here (docker-compose.yml), so the embedded ones are left out.

FROM node:24-slim AS build
WORKDIR /weir
ENV NEXT_TELEMETRY_DISABLED=1
COPY . .
RUN npm run build

FROM node:24-slim AS runtime
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
