# Sourced by ./apod and local/stack/setup, in the project's folder: the environment of everything that they start.
# What a user's shell has set must not steer Python, pip or uv elsewhere. What they need to reach a package index (its
# address, certificates, proxies, caches) stays.
set -f
for name in $(env | cut -d= -f1); do
  case $name in
    PIP_INDEX_URL | PIP_EXTRA_INDEX_URL | PIP_FIND_LINKS | PIP_TRUSTED_HOST | PIP_CERT | PIP_CLIENT_CERT | PIP_PROXY | \
    PIP_CONFIG_FILE | PIP_CACHE_DIR | PIP_DEFAULT_TIMEOUT | PIP_TIMEOUT | PIP_RETRIES | PIP_KEYRING_PROVIDER) ;;
    UV_INDEX* | UV_DEFAULT_INDEX | UV_EXTRA_INDEX_URL | UV_FIND_LINKS | UV_INSECURE_HOST | UV_NATIVE_TLS | UV_SYSTEM_CERTS | \
    UV_CONFIG_FILE | UV_CACHE_DIR | UV_OFFLINE | UV_HTTP_* | UV_REQUEST_TIMEOUT | UV_KEYRING_PROVIDER | UV_LINK_MODE | UV_CONCURRENT_*) ;;
    PIP_* | UV_* | PYTHON* | VIRTUAL_ENV) unset "$name" 2>/dev/null || true ;;
  esac
done
set +f

# Texts are UTF-8 here, whatever the locale; only what a terminal shows is in its own letters.
letters=$(locale charmap 2>/dev/null || true)
case $letters in
  "" | UTF-8 | ANSI_X3.4-1968) ;; # the last is that of LC_ALL=C, which says nothing of the terminal
  *) export PYTHONIOENCODING="$letters:replace" ;;
esac
export PYTHONUTF8=1

# A container may run as a number without a name or a home.
[ -d "${HOME:-}" ] && [ -w "$HOME" ] || { mkdir -p .local/home && HOME="$PWD/.local/home" && export HOME; }
id -un >/dev/null 2>&1 || { USER=apod LOGNAME=apod && export USER LOGNAME; }
