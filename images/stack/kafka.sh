# shellcheck shell=bash
# Kafka as one node that is broker and controller (KRaft). Sourced by stack.sh.
#
# Clients use the listener CLIENT, with TLS and SCRAM in a secure stack. INTERNAL is for the broker itself, for the health
# check and for what tests do as administrators.
readonly KAFKA=kafka-4.3.1
readonly KAFKA_SHA256=76e7cdae6342d3b7bdd2d9cf1092923cefa166ff1d22a73f8d1ebd88124e9f4d

kafka_fetch() {
    java_fetch
    maven_fetch "$KAFKA" kafka.xml "$KAFKA_SHA256"
}

kafka_properties() {
    cat <<CONF
process.roles=broker,controller
node.id=1
log.dirs=data
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:$(port kafka-controller)
inter.broker.listener.name=INTERNAL
listeners=CLIENT://127.0.0.1:$(port kafka),INTERNAL://127.0.0.1:$(port kafka-internal),CONTROLLER://127.0.0.1:$(port kafka-controller)
advertised.listeners=CLIENT://127.0.0.1:$(port kafka),INTERNAL://127.0.0.1:$(port kafka-internal)
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
log.segment.bytes=67108864
# There is one broker: what Kafka keeps for itself has one copy, and few partitions.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
# After kill -9 the controller must give up the dead broker before it takes the new one: sooner than the 9 s that are usual.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
CONF
    if is_secure; then
        cat <<CONF
listener.security.protocol.map=CLIENT:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=$DIR/kafka/keystore.pem
CONF
    else
        echo listener.security.protocol.map=CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
    fi
}

# Sets `java` to a Java virtual machine that knows Kafka's classes and logs to its output.
kafka_java() {
    java=("${JAVA[@]}" "-Dlog4j2.configurationFile=$ROOT/images/stack/log4j2.yaml" -Djava.awt.headless=true
        -cp "$CACHE/$KAFKA/*")
}

kafka_prepare() {
    local java home=$DIR/kafka
    mkdir -p "$home"
    ! is_secure || [ -e "$home/keystore.pem" ] || {
        make_certificates "$home"
        cat "$home/server.key" "$home/server.pem" >"$home/keystore.pem"
    }
    kafka_properties >"$home/server.properties"
    [ ! -e "$home/data/meta.properties" ] || return 0
    kafka_java
    # In a file, for everybody may read arguments.
    printf '%s\n' kafka.tools.StorageTool format --standalone --config server.properties \
        --cluster-id "$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d =)" >"$home/format"
    ! is_secure || secret kafka >/dev/null
    ! is_secure || printf '%s\n' --add-scram "SCRAM-SHA-512=[name=ovr,password=$(secret kafka)]" >>"$home/format"
    rm -rf "$home/data"
    (cd "$home" && "${java[@]}" @format) >>"$DIR/logs/kafka" 2>&1 || fail_with_log kafka "cannot make its data"
    rm "$home/format"
}

kafka_command() {
    local java
    kafka_java
    argv=("${java[@]}" -XX:+AutoCreateSharedArchive "-XX:SharedArchiveFile=$CACHE/$KAFKA/classes.jsa"
        kafka.Kafka server.properties)
}

# Asks for the brokers that take part (Metadata, version 1, no topics) and prints how many there are: one that has not been
# let in yet is not among them. The answer begins with its length, the id of the request and that number, four bytes each.
kafka_brokers() (
    exec 3<>"/dev/tcp/127.0.0.1/$(port kafka-internal)" || exit 1
    printf '\0\0\0\x0e\0\x03\0\x01\0\0\0\x01\xff\xff\0\0\0\0' >&3
    timeout 3 head -c 12 <&3 | od -An -tu1 | awk '{print $12}'
) 2>/dev/null

kafka_healthy() { [ "$(kafka_brokers)" = 1 ]; }

kafka_exports() {
    printf 'export OVR_TEST_KAFKA=kafka://127.0.0.1:%s\n' "$(port kafka)"
    printf 'export OVR_TEST_KAFKA_ADMIN=kafka://127.0.0.1:%s\n' "$(port kafka-internal)"
    ! is_secure || printf 'export OVR_TEST_KAFKA_USER=ovr OVR_TEST_KAFKA_PASSWORD=%s OVR_TEST_CA=%q\n' \
        "$(secret kafka)" "$DIR/secrets/ca.pem"
}
