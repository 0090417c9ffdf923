#!/bin/sh
# Tries Sluice on this machine's GPU and prints one JSON on standard output; ./run.sh --help says what can be chosen.
here=$(cd "$(dirname "$0")" && pwd)
# The Vulkan loader in `vulkan` is for machines that have none.
if ! ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1'; then
  LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/vulkan"
  export LD_LIBRARY_PATH
fi
exec "$here/node" "$here/lib/main.js" "$@"
