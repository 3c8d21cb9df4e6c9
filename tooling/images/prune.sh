#!/bin/sh
# Takes out of deployed folders what no running program reads: declarations, maps, sources, texts.
set -eu
for folder in "$@"; do
  find "$folder" \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' \
    -o -name '*.tsbuildinfo' -o -name 'pnpm-lock.yaml' \) ! -iname 'licen*' -type f -delete
  find "$folder" -path '*/node_modules/@types' -type d -prune -exec rm -rf {} +
  # Prebuilt binaries of other platforms.
  find "$folder" -path '*/classic-level/prebuilds/*' -prune -type d ! -name "linux-$(node -p process.arch)" -exec rm -rf {} +
  find "$folder" -type l ! -exec test -e {} \; -delete
done
