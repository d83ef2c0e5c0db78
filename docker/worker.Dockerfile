# The worker of the large lane: the repository's own sources and the lockfile's own packages, run by
# Node as they are. Build from the repository's root:
#   docker build --file docker/worker.Dockerfile --tag imagefleet-worker .
# The base is Node's official image. Without an account, Docker Hub limits an address to some pulls in six
# hours; Amazon's public registry, to 500 GB a month:
# https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html
# .github/workflows/base-image.yml pins its digest.
ARG BASE=public.ecr.aws/docker/library/node:24-bookworm-slim
# On the machine that builds, whatever the image is for: Node does not run under emulation. sharp's
# binaries are prebuilt, and pnpm gets the target architecture.
FROM --platform=$BUILDPLATFORM ${BASE} AS packages
ARG TARGETARCH
# pnpm, compared with the hash in its lockfile.
COPY scripts/tools/package.json scripts/tools/package-lock.json /tools/
RUN --mount=type=cache,target=/root/.npm \
    npm ci --prefix /tools --omit=optional --ignore-scripts --no-audit --no-fund
WORKDIR /app
# The manifests alone: as long as they stay the same, so does this layer.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/core/package.json packages/core/
COPY packages/worker/package.json packages/worker/
RUN cpu="$(echo "$TARGETARCH" | sed s/amd64/x64/)" \
    && node /tools/node_modules/pnpm/bin/pnpm.mjs install --frozen-lockfile --prod \
        --filter @imagefleet/workspace --filter "@imagefleet/worker..." \
        --os=linux --libc=glibc --cpu="$cpu" \
        --config.package-import-method=copy --reporter=append-only \
    # pnpm's own notes on this installation, its time among them: without them the same lockfile
    # makes the same files each time.
    && rm node_modules/.modules.yaml node_modules/.pnpm-workspace-state-v1.json

# A deployment gives another folder in its place: https://docs.docker.com/build/building/context/#named-contexts
FROM scratch AS recipe
COPY recipe.ts /

FROM ${BASE}
# Arenas: glibc gives each thread one and keeps what is freed in it (docs/adr/015-allocator.md).
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    IMAGEFLEET_SCRATCH=/scratch
# The only folder that is written to: everything else may be read-only.
RUN install --directory --owner=node --group=node /scratch
VOLUME /scratch
WORKDIR /app
COPY --from=packages /app ./
COPY --from=recipe / ./
COPY packages/core/src packages/core/src
COPY packages/worker/src packages/worker/src
USER node
# Node answers SIGTERM and SIGINT itself, as PID 1 too.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
    CMD ["node", "packages/worker/src/health/check.ts"]
CMD ["node", "packages/worker/src/main.ts"]
