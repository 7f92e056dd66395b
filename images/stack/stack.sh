# shellcheck shell=bash
# ./dev stack: Kafka, a schema registry, PostgreSQL and an S3 server as processes of this machine, for tests and benchmarks.
# Sourced by ./dev, whose functions and names it uses.
#
# Everything of one stack lies in one folder: ports, passwords, process ids, logs and the data of each server. A port is
# chosen once and kept, so that a server that was killed comes back at the same address with the same data. Nothing
# listens on any address but 127.0.0.1.
#
# Each server has a file here with five functions: SERVER_fetch puts its programs into the cache, SERVER_prepare makes its
# data and configuration where they are missing, SERVER_command sets `argv` to what is run, SERVER_healthy asks it
# something that only a server that works can answer, SERVER_exports prints the lines that tests source. SERVER_settle,
# where there is one, is called once a server has become healthy.
readonly SERVERS=(postgres kafka registry s3)
readonly STACK_START_S_MAX=180
readonly STACK_STOP_S_MAX=30
# What the servers and these files need; Maven comes where something is fetched by it.
readonly STACK_PACKAGES=(build-essential pkg-config python3 python3-pip openssl)

# shellcheck source=images/stack/net.sh
. images/stack/net.sh
# shellcheck source=images/stack/process.sh
. images/stack/process.sh
# shellcheck source=images/stack/tls.sh
. images/stack/tls.sh
# shellcheck source=images/stack/java.sh
. images/stack/java.sh
# shellcheck source=images/stack/postgres.sh
. images/stack/postgres.sh
# shellcheck source=images/stack/kafka.sh
. images/stack/kafka.sh
# shellcheck source=images/stack/registry.sh
. images/stack/registry.sh
# shellcheck source=images/stack/s3.sh
. images/stack/s3.sh

stack_usage() {
    cat <<'TEXT'
./dev stack up                    starts what is not running, waits until it is healthy, prints the lines to source
./dev stack down                  stops all; the data stays (--delete: goes)
./dev stack status                pid, port, health and resident memory of each; exit code 1 unless all are healthy
./dev stack logs [SERVER...]      the last lines of the logs (--follow: goes on)
./dev stack start|stop SERVER...  one by one, at the same port and with the same data
./dev stack kill SERVER...        kill -9, children included
./dev stack pause|resume SERVER...  SIGSTOP and SIGCONT: it is there and does not answer
./dev stack psql [-- ARGS]        PostgreSQL's own client, connected
servers: postgres kafka registry s3
--dir D      the folder of the stack; without it, one of this checkout under the cache
--only A,B   up: these servers alone
--secure     up, in a new folder: PostgreSQL takes TLS, Kafka wants TLS and SCRAM
TEXT
}

# Prints what a command takes besides --dir.
stack_takes() {
    case $1 in
        up) echo --only --secure ;;
        down) echo --delete ;;
        logs) echo --follow SERVER ;;
        psql) echo -- ;;
        start | stop | kill | pause | resume) echo SERVER ;;
    esac
}

# Sets `only`, `dir`, `secure`, `delete`, `follow`, `named` and `rest` from the command and its arguments. What a command would
# not heed is refused: `down kafka --delete` must not take everything away.
stack_arguments() {
    only=("${SERVERS[@]}") dir="" secure="" delete="" follow="" named=() rest=()
    local server kind takes; takes=" $(stack_takes "$1") "; shift
    while [ $# -gt 0 ]; do
        case $1 in
            -*) kind=$1 ;;
            *) kind=SERVER ;;
        esac
        [[ $kind = --dir || $takes = *" $kind "* ]] || { stack_usage >&2; die "this command of stack does not take '$1'"; }
        case $1 in
            --dir) dir=${2:?--dir wants a folder}; shift ;;
            --only) IFS=, read -ra only <<<"${2:?--only wants servers, with commas}"; shift ;;
            --secure) secure=yes ;;
            --delete) delete=yes ;;
            --follow) follow=yes ;;
            --) shift; rest=("$@"); break ;;
            *) named+=("$1") ;;
        esac
        shift
    done
    for server in "${only[@]}" "${named[@]}"; do
        [[ " ${SERVERS[*]} " = *" $server "* ]] || die "there is no server '$server': ${SERVERS[*]} are right"
    done
}

# Whether every user may pass through a folder and all those above it.
passable() {
    local path=$1
    while [ "$path" != / ]; do
        [ ! -e "$path" ] || (($(stat -c 0%a "$path") & 1)) || return 1
        path=$(dirname "$path")
    done
}

# Where stacks and PostgreSQL's programs lie: the cache, unless root keeps it in a folder that nobody else may pass, for
# PostgreSQL refuses to run as root.
stack_base() {
    if [ "$(id -u)" -eq 0 ] && ! passable "$CACHE"; then
        printf '/var/cache/ovr-alpr\n'
    else
        printf '%s\n' "$CACHE"
    fi
}

# Sets DIR, the folder of the stack that is spoken of.
stack_folder() {
    if [ -n "$1" ]; then
        DIR=$(cd "$CALLER" && realpath -m "$1")
    else
        DIR=$(stack_base)/stack/$(basename "$ROOT")-$(sha256sum <<<"$ROOT" | cut -c1-8)
    fi
}

# Whether DIR is a stack. Its lock is the first thing in it and the last one out; what lies in a folder without one is
# somebody else's, whatever it is called.
is_stack() { [ -e "$DIR/ovr-stack.lock" ]; }

# Makes the folder and holds its lock until this shell ends: one command at a time changes a stack.
stack_lock() {
    [ -z "$(ls -A "$DIR" 2>/dev/null)" ] || is_stack ||
        die "$DIR is no stack and has something in it: --dir with a new or empty folder is right"
    umask 077
    while true; do
        (umask 066 && mkdir -p "$DIR") || die "cannot make $DIR: --dir names another folder"
        exec 8>"$DIR/ovr-stack.lock"
        flock -w 300 8 || die "another command has held the stack in $DIR for five minutes: end that one"
        # Whoever held it may have deleted the stack, and with it the file that is locked here.
        [ ! "$DIR/ovr-stack.lock" -ef /proc/self/fd/8 ] || break
    done
    mkdir -p "$DIR"/{logs,pids,ports,secrets}
}

# A stack is made with or without TLS and passwords; its data cannot change sides.
stack_security() {
    if [ ! -e "$DIR/security" ]; then
        printf '%s\n' "${secure:-no}" >"$DIR/security"
    elif [ -n "$secure" ] && ! is_secure; then
        die "the stack in $DIR was made without --secure: another --dir is right, or down --delete before up"
    fi
}

is_secure() { [ "$(cat "$DIR/security")" = yes ]; }

# secret NAME: a password of 256 bits, made when it is first asked for; whole, or not at all where the disk is full.
secret() {
    local file=$DIR/secrets/$1
    [ -s "$file" ] || { od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$file.new" && mv "$file.new" "$file"; }
    cat "$file"
}

# start_server SERVER: brings it up, waits until it is healthy and says how long that took.
start_server() {
    local server=$1 begun=${EPOCHREALTIME/./} state
    state=$(server_state "$server")
    case $state in
        paused) die "$server is paused: './dev stack resume $server' is right" ;;
        gone)
            "${server}_prepare"
            require_ports "$server"
            launch "$server"
            ;;
    esac
    await_health "$server"
    [ "$(type -t "${server}_settle")" != function ] || "${server}_settle"
    [ "$state" = running ] || say "$server: healthy after $(((${EPOCHREALTIME/./} - begun) / 1000)) ms"
}

# Starts servers side by side. Those that this call started are stopped again where one of them fails.
start_servers() {
    local server pids=() failed="" fresh=() at
    choose_ports "$@"
    for server; do
        [ "$(server_state "$server")" != gone ] || fresh+=("$server")
        (start_server "$server") &
        pids+=($!)
    done
    for at in "${!pids[@]}"; do
        wait "${pids[at]}" || failed+=" ${*:at+1:1}"
    done
    if [ -n "$failed" ]; then
        for server in "${fresh[@]}"; do stop_server "$server"; done
        die "not started:$failed; the logs are in $DIR/logs"
    fi
    write_exports
}

write_exports() {
    local server
    {
        printf 'export OVR_TEST_STACK=%q\n' "$DIR"
        for server in "${SERVERS[@]}"; do
            [ ! -e "$DIR/pids/$server" ] || "${server}_exports"
        done
    } >"$DIR/env.new"
    mv "$DIR/env.new" "$DIR/env"
}

stack_up() {
    local server
    install_packages "${STACK_PACKAGES[@]}"
    # In shells of their own, for fetching has exit traps.
    for server in "${only[@]}"; do ("${server}_fetch"); done
    stack_lock
    stack_security
    start_servers "${only[@]}"
    say "the stack is in $DIR; these lines are in $DIR/env, too"
    cat "$DIR/env"
}

stack_down() {
    local server stopping pids=()
    is_stack || return 0
    stack_lock
    for server in "${SERVERS[@]}"; do
        stop_server "$server" &
        pids+=($!)
    done
    for stopping in "${pids[@]}"; do wait "$stopping"; done
    rm -f "$DIR/env" "$DIR"/pids/*
    [ -z "$delete" ] || stack_delete
}

# Takes away what a stack is made of, and the folder only where nothing else is left in it.
stack_delete() {
    rm -rf "$DIR"/{logs,pids,ports,secrets,security,env,env.new} "${SERVERS[@]/#/$DIR/}"
    rm "$DIR/ovr-stack.lock"
    rmdir "$DIR" 2>/dev/null || [ ! -e "$DIR" ] || say "$DIR has something else in it and stays"
}

stack_status() {
    local server state pid code=0
    is_stack || die "there is no stack in $DIR: './dev stack up' makes one"
    printf '%-9s %-9s %8s %6s %10s\n' SERVER STATE PID PORT RESIDENT
    for server in "${SERVERS[@]}"; do
        [ -e "$DIR/ports/$server" ] || continue
        state=$(server_state "$server") pid=-
        if [ "$state" != gone ]; then
            read -r pid _ <"$DIR/pids/$server"
            if [ "$state" = running ] && "${server}_healthy"; then state=healthy; fi
        fi
        [ "$state" = healthy ] || code=1
        printf '%-9s %-9s %8s %6s %10s\n' "$server" "$state" "$pid" "$(port "$server")" "$(resident "$pid")"
    done
    return $code
}

stack_logs() {
    local files=() server
    [ ${#named[@]} -gt 0 ] || named=("${SERVERS[@]}")
    for server in "${named[@]}"; do
        [ ! -e "$DIR/logs/$server" ] || files+=("$DIR/logs/$server")
    done
    [ ${#files[@]} -gt 0 ] || die "there are no logs in $DIR/logs"
    tail -n 50 ${follow:+-F} "${files[@]}"
}

# stack_each COMMAND: does it to the servers that were named.
stack_each() {
    local server
    [ ${#named[@]} -gt 0 ] || die "stack $1 wants the name of a server: one of ${SERVERS[*]}"
    is_stack || die "there is no stack in $DIR: './dev stack up' makes one"
    stack_lock
    for server in "${named[@]}"; do
        [ -e "$DIR/ports/$server" ] || die "$server is no part of the stack in $DIR: './dev stack up --only $server' adds it"
        case $1 in
            start) ("${server}_fetch") ;;
            stop) stop_server "$server" ;;
            kill) kill_server "$server" ;;
            pause) signal_server "$server" STOP ;;
            resume) signal_server "$server" CONT ;;
        esac
    done
    [ "$1" != start ] || start_servers "${named[@]}"
}

stack_psql() {
    local bin libraries PGPASSWORD PGPORT
    is_stack && [ -e "$DIR/ports/postgres" ] ||
        die "there is no PostgreSQL in $DIR: './dev stack up --only postgres' makes one"
    require_postgres
    # Not as arguments of env, which everybody may read.
    PGPASSWORD=$(secret postgres) PGPORT=$(port postgres)
    export PGPASSWORD PGPORT PGHOST=127.0.0.1 PGUSER=ovr PGDATABASE=postgres
    [ -z "$libraries" ] || export LD_LIBRARY_PATH=$libraries
    cd "$CALLER"
    exec "$bin/psql" "${rest[@]}"
}

stack() {
    local only dir secure delete follow named rest verb=${1:-help}
    [ $# -eq 0 ] || shift
    [[ " up down status logs psql start stop kill pause resume help " = *" $verb "* ]] ||
        { stack_usage >&2; die "there is no command 'stack $verb'"; }
    stack_arguments "$verb" "$@"
    stack_folder "$dir"
    case $verb in
        up | down | status | logs | psql) "stack_$verb" ;;
        start | stop | kill | pause | resume) stack_each "$verb" ;;
        help) stack_usage ;;
    esac
}

# with_stack SERVERS COMMAND...: runs a command beside a stack of its own, which goes when the command has ended or this
# shell does, however that happens. SERVERS are separated by spaces; none is fine.
with_stack() {
    local left here
    secure="" delete=yes
    read -ra only <<<"$1"; shift
    [ ${#only[@]} -gt 0 ] || { "$@"; return; }
    # What a ./dev left that was killed itself. Other containers that share the cache number their processes anew, and whether
    # theirs run cannot be seen from here.
    here=$(stat -Lc %i /proc/self/ns/pid)
    for left in "$(stack_base)/stack/test-$here"-*; do
        [ ! -d "$left" ] || [ -d "/proc/${left##*-}" ] || (DIR=$left; stack_down)
    done
    stack_folder "$(stack_base)/stack/test-$here-$$"
    trap '(stack_down)' EXIT
    # In shells of their own, whose umask and lock are not the command's.
    (stack_up) >/dev/null
    # shellcheck source=/dev/null
    . "$DIR/env"
    "$@"
    trap - EXIT
    (stack_down)
}
