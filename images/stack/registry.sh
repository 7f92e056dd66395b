# shellcheck shell=bash
# Apicurio Registry, which speaks the API of Confluent's under /apis/ccompat/v7. Sourced by stack.sh.
#
# It keeps its schemas in a file of its own (H2), so that a fault of another server is not its fault, too.
readonly REGISTRY=apicurio-registry-3.3.3
readonly REGISTRY_SHA256=f136b38102260cf5c665f62ab833d54a1d42ca32ad3d6c497c9722dcac29aaf4
readonly REGISTRY_API=/apis/ccompat/v7

registry_fetch() {
    java_fetch
    maven_fetch "$REGISTRY" registry.xml "$REGISTRY_SHA256"
}

registry_prepare() { mkdir -p "$DIR/registry"; }

registry_command() {
    argv=("${JAVA[@]}" -XX:+AutoCreateSharedArchive "-XX:SharedArchiveFile=$CACHE/$REGISTRY/classes.jsa"
        -Dquarkus.http.host=127.0.0.1 "-Dquarkus.http.port=$(port registry)"
        # Else this one listens on every address.
        -Dquarkus.management.host=127.0.0.1 "-Dquarkus.management.port=$(port registry-management)"
        -Dquarkus.otel.sdk.disabled=true -Dquarkus.log.level=WARN -Dquarkus.http.access-log.enabled=false
        -Dapicurio.storage.kind=sql -Dapicurio.storage.sql.kind=h2
        # Without a delay, what was answered for outlives kill -9.
        "-Dapicurio.datasource.url=jdbc:h2:file:$DIR/registry/schemas;WRITE_DELAY=0"
        -jar "$CACHE/$REGISTRY/quarkus-run.jar")
}

registry_healthy() { [ "$(http GET "$(port registry)" "$REGISTRY_API/config")" = 200 ]; }

# Its own default compares no schema with the one before.
registry_settle() {
    [ "$(http PUT "$(port registry)" "$REGISTRY_API/config" '{"compatibility":"BACKWARD"}')" = 200 ] ||
        die "the registry does not take BACKWARD as its rule; its log is $DIR/logs/registry"
}

registry_exports() { printf 'export OVR_TEST_REGISTRY=http://127.0.0.1:%s%s\n' "$(port registry)" "$REGISTRY_API"; }
