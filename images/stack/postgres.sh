# shellcheck shell=bash
# PostgreSQL 15 or newer. Sourced by stack.sh.
#
# The machine's own programs are used where they are; else Debian's packages are unpacked without being installed, for
# installing them would start a server of the machine's. Where the server has TimescaleDB, it is loaded.
readonly POSTGRES_MIN=15
readonly POSTGRES_USER=nobody

# Sets `bin` to the folder with initdb and postgres, and `libraries` to where those find what the system lacks.
find_postgres() {
    local found base; base=$(stack_base)
    libraries=
    if [ -n "${OVR_POSTGRES_BIN:-}" ]; then
        bin=$(cd "$CALLER" && realpath -m "$OVR_POSTGRES_BIN")
        [ -x "$bin/postgres" ] || die "OVR_POSTGRES_BIN=$bin has no postgres: PostgreSQL's folder of programs is right"
        return
    fi
    while read -r found; do
        bin=${found%/initdb}
        found=${bin%/bin}
        if [ "${found##*/}" -lt "$POSTGRES_MIN" ] || [ ! -x "$bin/postgres" ]; then continue; fi
        if [ "${bin#"$base"}" != "$bin" ]; then
            libraries=$(compgen -G "${bin%/usr/*}/usr/lib/*-linux-gnu" | head -1) || true
        fi
        return 0
    done < <(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -rV || true
             compgen -G "$base/postgresql-*/usr/lib/postgresql/*/bin/initdb" | sort -rV || true)
    return 1
}

require_postgres() {
    find_postgres || die "PostgreSQL's programs are gone: './dev stack up --only postgres' fetches them"
}

# postgres_debs PACKAGE: it and what it needs that the system lacks. LLVM is for compiling queries, which is off here;
# Debian's way of keeping several clusters, in Perl, has no part in this.
postgres_debs() {
    apt-get "${apt_private[@]}" -s install --no-install-recommends "$1" |
        sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' |
        grep -E '^(postgresql(-client)?-[0-9]+|lib[^=]*)=' | grep -vE '^lib(llvm|z3|perl|[^=]*-perl=)'
}

postgres_candidate() {
    apt-cache "${apt_private[@]}" depends postgresql 2>/dev/null | sed -n 's/^ *Depends: \(postgresql-[0-9]*\)$/\1/p' || true
}

# download_postgres PACKAGE FOLDER
download_postgres() {
    local debs
    mapfile -t debs < <(postgres_debs "$1")
    [ ${#debs[@]} -gt 0 ] || die "apt cannot install $1 here: OVR_POSTGRES_BIN names the programs of another PostgreSQL"
    (cd "$2" && apt-get -o APT::Sandbox::User=root "${apt_private[@]}" download -qq "${debs[@]}" >&2) ||
        die "apt cannot download ${debs[*]}: OVR_POSTGRES_BIN names the programs of another PostgreSQL"
}

unpack_postgres() (
    base=$(stack_base)
    (umask 022 && mkdir -p "$base")
    work=$(mktemp -d "$base/fetching.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    umask 022
    mkdir "$work/debs" "$work/out"
    package=$(postgres_candidate)
    if [ -z "$package" ]; then
        private_lists "$work"
        package=$(postgres_candidate)
    fi
    [ -n "$package" ] || die "there is no PostgreSQL here and apt offers none: OVR_POSTGRES_BIN names the programs of one"
    say "fetching $package"
    if ! (download_postgres "$package" "$work/debs"); then
        # Lists that are older than what the servers have name files that are gone.
        private_lists "$work"
        download_postgres "$package" "$work/debs"
    fi
    for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/out"; done
    rm -rf "$work"/out/usr/share/{doc,man,locale} "$work"/out/usr/lib/postgresql/*/lib/bitcode
    # Where another run was faster, its folder is as good.
    mv -T "$work/out" "$base/$package" 2>/dev/null || [ -d "$base/$package" ] ||
        die "cannot put $package into $base: a folder that can be written is right (OVR_CACHE names another)"
)

postgres_fetch() {
    local bin libraries
    find_postgres || unpack_postgres
    # Debian's server reads the system's time zones.
    [ -e /usr/share/zoneinfo/UTC ] || [ -n "${OVR_POSTGRES_BIN:-}" ] || install_packages tzdata
}

# Sets `as` to what runs PostgreSQL's programs as somebody who is not root. Needs `libraries`.
postgres_as() {
    # An empty place in that list would be the folder where it runs.
    as=(env "LD_LIBRARY_PATH=$libraries${libraries:+${LD_LIBRARY_PATH:+:}}${LD_LIBRARY_PATH:-}" LC_ALL=C.UTF-8)
    [ "$(id -u)" -ne 0 ] ||
        as=(setpriv "--reuid=$POSTGRES_USER" "--regid=$(id -gn "$POSTGRES_USER")" --clear-groups "${as[@]}" "HOME=$DIR/postgres")
}

# After kill -9 its lock file names a process whose remains may still stand in the table of processes, which PostgreSQL
# takes for a server that runs. The file may go once nobody works in the data any more.
postgres_unlock() {
    local data=$DIR/postgres/data until=$((SECONDS + 10))
    # No pipe: find fails by the processes of others, into which it must not look.
    while grep -qxF "$data" < <(find /proc/[0-9]*/cwd -maxdepth 0 -printf '%l\n' 2>/dev/null); do
        [ "$SECONDS" -lt "$until" ] || die "PostgreSQL processes without their server hold on to $data: end those first"
        sleep 0.05
    done
    rm "$data/postmaster.pid"
}

postgres_prepare() {
    local bin libraries as home=$DIR/postgres
    [ ! -e "$home/data/postmaster.pid" ] || postgres_unlock
    [ ! -e "$home/data/PG_VERSION" ] || return 0
    [ "$(id -u)" -ne 0 ] || passable "$DIR" ||
        die "PostgreSQL does not run as root, and $DIR lets nobody else pass: a folder whose parents have o+x is right"
    require_postgres
    postgres_as
    rm -rf "$home"
    mkdir "$home"
    # initdb wants a file that it can open itself.
    (secret postgres; echo) >"$home/password"
    ! is_secure || make_certificates "$home"
    [ "$(id -u)" -ne 0 ] || chown -R "$POSTGRES_USER:" "$home"
    (cd "$home" && "${as[@]}" "$bin/initdb" --pgdata=making --username=ovr --pwfile=password --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --data-checksums --no-sync) >>"$DIR/logs/postgres" 2>&1 ||
        fail_with_log postgres "cannot make its data"
    rm "$home/password"
    cat >>"$home/making/postgresql.conf" <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
jit = off
log_timezone = 'UTC'
timezone = 'UTC'
CONF
    ! is_secure || cat >>"$home/making/postgresql.conf" <<'CONF'
ssl = on
ssl_cert_file = '../server.pem'
ssl_key_file = '../server.key'
CONF
    mv "$home/making" "$home/data"
}

postgres_command() {
    local bin libraries as modules
    require_postgres
    postgres_as
    argv=("${as[@]}" "$bin/postgres" -D "$DIR/postgres/data" -p "$(port postgres)")
    modules=$("$bin/pg_config" --pkglibdir 2>/dev/null || echo "$bin/../lib")
    [ ! -e "$modules/timescaledb.so" ] ||
        argv+=(-c shared_preload_libraries=timescaledb -c timescaledb.telemetry_level=off)
}

postgres_healthy() {
    local bin libraries as
    find_postgres || return 1
    postgres_as
    "${as[@]}" "$bin/pg_isready" -q -h 127.0.0.1 -p "$(port postgres)" -t 2
}

postgres_exports() {
    printf 'export OVR_TEST_POSTGRES=postgres://ovr:%s@127.0.0.1:%s/postgres\n' "$(secret postgres)" "$(port postgres)"
    ! is_secure || printf 'export OVR_TEST_CA=%q\n' "$DIR/secrets/ca.pem"
}
