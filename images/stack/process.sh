# shellcheck shell=bash
# Processes that outlive the shell that started them, found again by id and time of birth. Sourced by stack.sh.

# facts PID: sets `fact` to the fields of its /proc stat from the state on (proc(5): state, ppid, ...; [19] is when it was
# born), and fails where there is no such process or only its remains.
facts() {
    local line=""
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra fact <<<"${line##*) }"
    [[ ${fact[0]} != [ZX] ]]
}

# server_state SERVER: prints running, paused or gone. A process id that now belongs to somebody else counts as gone.
server_state() {
    local pid="" born="" fact
    [ ! -s "$DIR/pids/$1" ] || read -r pid born <"$DIR/pids/$1"
    if [ -z "$pid" ] || ! facts "$pid" || [ "${fact[19]}" != "$born" ]; then
        echo gone
    elif [ "${fact[0]}" = T ]; then
        echo paused
    else
        echo running
    fi
}

# family PID: the process and all its descendants, one a line.
family() {
    local -A parent=()
    local entry fact pid grown=yes members=" $1 "
    for entry in /proc/[0-9]*; do
        pid=${entry#/proc/}
        ! facts "$pid" || parent[$pid]=${fact[1]}
    done
    while [ -n "$grown" ]; do
        grown=
        for pid in "${!parent[@]}"; do
            if [[ $members != *" $pid "* && $members = *" ${parent[$pid]} "* ]]; then
                members+="$pid " grown=yes
            fi
        done
    done
    tr ' ' '\n' <<<"$members" | grep .
}

# resident PID: what its family holds in memory, where pages that several share count once.
resident() {
    local member key size kib=0
    [ "$1" != - ] || { echo -; return; }
    for member in $(family "$1"); do
        while read -r key size _; do
            [ "$key" != Pss: ] || kib=$((kib + size))
        done 2>/dev/null <"/proc/$member/smaps_rollup"
    done 2>/dev/null
    echo "$((kib / 1024)) MiB"
}

# launch SERVER: starts it in a session of its own, with its output in its log and without the lock.
launch() {
    local server=$1 argv=() fact pid
    "${server}_command"
    cd "$DIR/$server"
    setsid "${argv[@]}" </dev/null >>"$DIR/logs/$server" 2>&1 8>&- &
    pid=$!
    cd "$ROOT"
    facts "$pid" || fail_with_log "$server" "did not start"
    # One that is not noted would be found by nobody again.
    printf '%s %s\n' "$pid" "${fact[19]}" >"$DIR/pids/$server" || {
        kill -s KILL "$pid" 2>/dev/null || true
        die "cannot note that $server runs: $DIR must take a file (is the disk full?)"
    }
}

fail_with_log() {
    tail -n 15 "$DIR/logs/$1" >&2
    die "$1 $2; its log is $DIR/logs/$1"
}

# Waits until a server answers; a server that ends meanwhile is not waited for.
await_health() {
    local server=$1 until=$((SECONDS + STACK_START_S_MAX))
    until "${server}_healthy"; do
        [ "$(server_state "$server")" != gone ] || fail_with_log "$server" "ended instead of becoming healthy"
        [ "$SECONDS" -lt "$until" ] || fail_with_log "$server" "is not healthy after $STACK_START_S_MAX s"
        sleep 0.1
    done
}

# await_end SERVER SECONDS: waits until it is gone.
await_end() {
    local until=$((SECONDS + $2))
    while [ "$(server_state "$1")" != gone ]; do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.05
    done
}

# signal_server SERVER SIGNAL: to all its processes; the first one first, so that it starts no others meanwhile.
signal_server() {
    local pid
    [ "$(server_state "$1")" != gone ] || die "$1 is not running"
    read -r pid _ <"$DIR/pids/$1"
    kill -s "$2" "$pid"
    # One that has ended by itself since is no fault.
    family "$pid" | tail -n +2 | xargs -r kill -s "$2" 2>/dev/null || true
}

# Ends a server at once, its children too: what was not on the disk is lost, as it is when a machine dies.
kill_server() {
    local pid members
    [ "$(server_state "$1")" != gone ] || return 0
    read -r pid _ <"$DIR/pids/$1"
    kill -s STOP "$pid" 2>/dev/null || return 0
    members=$(family "$pid")
    # shellcheck disable=SC2086
    kill -s KILL $members 2>/dev/null || true
    await_end "$1" 10 || die "$1 (pid $pid) does not die"
}

# Asks a server to end, and ends it where it does not.
stop_server() {
    local pid
    [ "$(server_state "$1")" != gone ] || return 0
    read -r pid _ <"$DIR/pids/$1"
    # PostgreSQL's SIGTERM waits for every client to leave; its SIGINT does not.
    # One that has just ended by itself is no fault.
    if [ "$1" = postgres ]; then kill -s INT "$pid"; else kill -s TERM "$pid"; fi 2>/dev/null || true
    # One that is paused gets the signal when it goes on.
    signal_server "$1" CONT 2>/dev/null || true
    await_end "$1" "$STACK_STOP_S_MAX" || {
        say "$1 does not stop within $STACK_STOP_S_MAX s and is killed"
        kill_server "$1"
    }
}
