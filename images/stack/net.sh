# shellcheck shell=bash
# Ports and small questions over TCP, without a program that a bare machine may lack. Sourced by stack.sh.

# port NAME: the port that a listener of this stack has been given.
port() { cat "$DIR/ports/$1"; }

# The listeners of a server besides the one that is named like it.
listeners() {
    case $1 in
        kafka) echo kafka kafka-internal kafka-controller ;;
        registry) echo registry registry-management ;;
        s3) echo s3 s3-rpc s3-admin ;;
        *) echo "$1" ;;
    esac
}

# choose_ports SERVER...: gives each listener that has none a free port. They lie below the range from which the kernel
# takes ports for outgoing connections: one of those could otherwise sit on the port of a server that is down.
choose_ports() {
    local server listener missing=() lowest ports
    for server; do
        for listener in $(listeners "$server"); do
            [ -s "$DIR/ports/$listener" ] || missing+=("$listener")
        done
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    read -r lowest _ </proc/sys/net/ipv4/ip_local_port_range
    mapfile -t ports < <(python3 - "${#missing[@]}" "$lowest" <<'PYTHON'
import random, socket, sys

count, end = int(sys.argv[1]), int(sys.argv[2])
held = []
for port in random.sample(range(10_000, max(end, 20_000)), 1_000):
    listener = socket.socket()
    try:
        listener.bind(("0.0.0.0", port))
    except OSError:
        listener.close()
        continue
    held.append(listener)
    print(port)
    if len(held) == count:
        break
PYTHON
    )
    [ ${#ports[@]} -eq ${#missing[@]} ] || die "there are not ${#missing[@]} free ports between 10000 and $lowest"
    for listener in "${!missing[@]}"; do
        printf '%s\n' "${ports[listener]}" >"$DIR/ports/${missing[listener]}"
    done
}

# require_ports SERVER: its ports kept free. Whoever sat there would answer for it, and it would be taken for healthy.
require_ports() {
    local listener number
    for listener in $(listeners "$1"); do
        number=$(port "$listener")
        if (exec 3<>"/dev/tcp/127.0.0.1/$number") 2>/dev/null; then
            die "port $number of $1 is taken by another program: end that one, or 'stack down --delete' and 'up' give new ports"
        fi
    done
}

# http METHOD PORT PATH [BODY]: prints the status code of the answer; nothing where there is none within 5 seconds.
http() (
    body=${4:-}
    exec 3<>"/dev/tcp/127.0.0.1/$2" || exit 1
    printf '%s %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' \
        "$1" "$3" "$2" "${#body}" "$body" >&3
    read -r -t 5 _ status _ <&3 || exit 1
    printf '%s\n' "$status"
) 2>/dev/null
