# Two images of one build: `docker build --target server .` and `docker build --target agent .`
# Where TLS is signed anew on the way out: --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt

FROM node:24-bookworm-slim AS build
WORKDIR /src
ENV CI=true TURBO_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1 npm_config_update_notifier=false
COPY . .
RUN --mount=type=secret,id=ca --mount=type=cache,target=/pnpm \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca SSL_CERT_FILE=/run/secrets/ca; fi; \
    npm install --global --ignore-scripts --no-audit --no-fund pnpm@12.21.0 \
 && ln -sf "$(npm root --global)"/pnpm/node_modules/@pnpm/exe.*/pnpm /usr/local/bin/pnpm \
 && pnpm install --frozen-lockfile --store-dir /pnpm/store \
      --filter dkron-ts --filter '@dkron/cli...' --filter '@dkron/agent...' \
 && pnpm exec turbo run build --filter=@dkron/cli --filter=@dkron/agent --output-logs=errors-only \
 && pnpm --filter @dkron/cli deploy --prod --store-dir /pnpm/store /out/server \
 && pnpm --filter @dkron/agent deploy --prod --store-dir /pnpm/store /out/agent \
 && sh tooling/images/prune.sh /out/server /out/agent

# What both images stand on. Jobs run in a shell, so there is one; npm is left behind.
FROM debian:bookworm-slim AS node
COPY --from=build /usr/local/bin/node /usr/local/bin/node
RUN groupadd --gid 1000 dkron \
 && useradd --uid 1000 --gid dkron --no-create-home --home-dir /var/lib/dkron --shell /usr/sbin/nologin dkron \
 && install -d -o dkron -g dkron -m 0750 /var/lib/dkron
# All interfaces of the container, and the address of one of them for the others.
ENV NODE_ENV=production DKRON_DATA_DIR=/var/lib/dkron DKRON_BIND_ADDR=0.0.0.0:8946
COPY tooling/images/health.mjs /app/health.mjs
WORKDIR /var/lib/dkron
VOLUME /var/lib/dkron
USER dkron
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/app/health.mjs"]

FROM node AS agent
LABEL org.opencontainers.image.title="dkron-agent" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/agent /app
EXPOSE 6868 8946 8946/udp
ENTRYPOINT ["node", "--max-semi-space-size=16", "/app/bundle/main.js"]
CMD ["agent"]

FROM node AS server
LABEL org.opencontainers.image.title="dkron" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/server /app
EXPOSE 8080 6868 8946 8946/udp
ENTRYPOINT ["node", "--max-semi-space-size=16", "/app/bundle/main.js"]
CMD ["agent", "--server"]
