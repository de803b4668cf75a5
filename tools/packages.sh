# Sourced by ./quickstart and ./check: install Debian's packages where they are missing.
# SPDX-License-Identifier: MIT

# Print those of the packages named that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s\n' "$package"
  done
}

# Install packages with apt-get, as root or through sudo. Fails, having said why, if that cannot be done.
install_packages() {
  local as_root=() log
  if ! command -v apt-get >/dev/null; then
    echo "This is no Debian or Ubuntu: please install by hand what these packages hold there: $*" >&2
    return 1
  fi
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "These packages are needed, and neither root nor sudo is here to install them: $*" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  log=$(mktemp)
  echo "Installing with apt-get: $*"
  { "${as_root[@]}" apt-get update -q && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "$@"; } >"$log" 2>&1 ||
    { tail -n 15 "$log" >&2; echo "apt-get could not install: $*" >&2; rm -f "$log"; return 1; }
  rm -f "$log"
}

# Install those of the packages named that are missing.
need_packages() {
  local missing
  command -v dpkg-query >/dev/null || { install_packages "$@"; return; }
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

# Is everything here that a build needs, from whatever source?
can_build() {
  command -v cc >/dev/null && command -v cmake >/dev/null && command -v make >/dev/null &&
    command -v pkg-config >/dev/null && pkg-config --exists jansson libutf8proc
}
BUILD_PACKAGES=(gcc libc6-dev cmake make pkg-config libjansson-dev libutf8proc-dev)
