# shellcheck shell=bash
# Garage, an S3 server in Rust: nothing but cargo is needed to have it. Sourced by stack.sh.
readonly GARAGE=garage-2.5.0
readonly S3_BUCKET=ovr-test

# Its own release profile optimises the program as a whole, which more than doubles the build; a server for tests needs none
# of that.
s3_fetch() (
    [ ! -x "$CACHE/$GARAGE/garage" ] || return 0
    setup_rust
    say "building $GARAGE; this takes some minutes, once"
    mkdir -p "$CACHE"
    work=$(mktemp -d "$CACHE/fetching.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET RUSTC RUSTC_WRAPPER
    export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=true
    # Elsewhere than in this workspace, whose configuration is not meant for it.
    cd "$work"
    nice cargo install --quiet garage --version "${GARAGE#garage-}" --locked --no-default-features \
        --features bundled-libs,sqlite,metrics --target-dir "$work/target" --root "$work" --no-track >&2 ||
        die "$GARAGE cannot be built"
    # Where another run was faster, its folder is as good.
    mv -T "$work/bin" "$CACHE/$GARAGE" 2>/dev/null || [ -d "$CACHE/$GARAGE" ] ||
        die "cannot put $GARAGE into $CACHE: a folder that can be written is right (OVR_CACHE names another)"
)

s3_prepare() {
    local name
    mkdir -p "$DIR/s3"
    # Here a failure ends it, and not as an empty password in the file.
    for name in s3 s3-key s3-rpc s3-admin; do secret "$name" >/dev/null; done
    # What has been answered for is on the disk, as it is with the servers of a site.
    cat >"$DIR/s3/garage.toml" <<TOML
metadata_dir = "metadata"
data_dir = "data"
db_engine = "sqlite"
metadata_fsync = true
data_fsync = true
replication_factor = 1
rpc_bind_addr = "127.0.0.1:$(port s3-rpc)"
rpc_public_addr = "127.0.0.1:$(port s3-rpc)"
rpc_secret = "$(secret s3-rpc)"

[s3_api]
s3_region = "garage"
api_bind_addr = "127.0.0.1:$(port s3)"

[admin]
api_bind_addr = "127.0.0.1:$(port s3-admin)"
admin_token = "$(secret s3-admin)"
metrics_token = "$(secret s3-admin)"
TOML
}

# The names of Garage's keys begin with GK and go on with 24 hexadecimal digits.
s3_key() { printf 'GK%s\n' "$(secret s3-key | cut -c1-24)"; }

s3_command() {
    # Not as arguments of env, which everybody may read; the shell that starts the server ends with it.
    GARAGE_DEFAULT_ACCESS_KEY=$(s3_key) GARAGE_DEFAULT_SECRET_KEY=$(secret s3)
    export GARAGE_DEFAULT_ACCESS_KEY GARAGE_DEFAULT_SECRET_KEY "GARAGE_DEFAULT_BUCKET=$S3_BUCKET"
    argv=(env NO_COLOR=1 "RUST_LOG=garage=info,garage_api_common=warn"
        "$CACHE/$GARAGE/garage" -c garage.toml server --single-node --default-bucket)
}

# Its own idea of health is that every partition can be read and written.
s3_healthy() {
    [ "$(http GET "$(port s3-admin)" /health)" = 200 ] && [ "$(http GET "$(port s3)" /)" = 403 ]
}

s3_exports() {
    printf 'export OVR_TEST_S3=%q\n' "s3://$S3_BUCKET?endpoint=http://127.0.0.1:$(port s3)&region=garage"
    printf 'export OVR_TEST_S3_ACCESS_KEY=%s OVR_TEST_S3_SECRET_KEY=%s\n' "$(s3_key)" "$(secret s3)"
}
