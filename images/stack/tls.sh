# shellcheck shell=bash
# The certificates of a secure stack. Sourced by stack.sh.

# make_certificates FOLDER: puts server.key and server.pem into it, for 127.0.0.1 and localhost, signed by the stack's own
# authority in secrets/ca.pem.
make_certificates() {
    local new=(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30)
    (
        # Two servers are prepared at one time; one of them makes the authority.
        exec 7>"$DIR/secrets/ca.lock"
        flock 7
        [ -s "$DIR/secrets/ca.pem" ] || "${new[@]}" -subj '/CN=OVR-ALPR test stack' -keyout "$DIR/secrets/ca.key" \
            -out "$DIR/secrets/ca.pem" -addext 'keyUsage=critical,keyCertSign' 2>/dev/null
    )
    "${new[@]}" -subj /CN=localhost -keyout "$1/server.key" -out "$1/server.pem" \
        -CA "$DIR/secrets/ca.pem" -CAkey "$DIR/secrets/ca.key" \
        -addext 'subjectAltName=IP:127.0.0.1,DNS:localhost' -addext 'basicConstraints=critical,CA:FALSE' 2>/dev/null
}
