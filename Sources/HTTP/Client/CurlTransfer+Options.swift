import CCurl

// The options that all calls of a handle share.
extension CurlTransfer {
    func setLimits() {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        // A redirect would send the secret to an address that the answer chooses.
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        // Removing a handle does not wait for a name server that does not answer.
        set(CURLOPT_QUICK_EXIT, 1)
        // A kept connection is used for at most five minutes, so that a moved host is noticed. It
        // may be idle for at most 118 s, which is less than servers and firewalls usually allow.
        set(CURLOPT_MAXLIFETIME_CONN, 300)
        set(CURLOPT_MAXAGE_CONN, 118)
        // A proxy's own answer to CONNECT is not the host's.
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // Some servers compress without a request; `AnswerCollector` decides what is decoded.
        set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate")
    }

    func setVerification(_ certificates: CertificateBundle) {
        let tls12 = Int(CURL_SSLVERSION_TLSv1_2)
        set(CURLOPT_SSLVERSION, tls12)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_PROXY_SSLVERSION, tls12)
        set(CURLOPT_PROXY_SSL_VERIFYPEER, 1)
        set(CURLOPT_PROXY_SSL_VERIFYHOST, 2)
        // A directory of authorities, the default, would disable libcurl's cache of parsed ones.
        for option in [CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH] {
            check(ccurl_set_string(easy, option, nil))
        }
        for option in [CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO] {
            if let path = certificates.path {
                set(option, path)
            } else {
                check(ccurl_set_string(easy, option, nil))
            }
        }
    }

    func setCallbacks(_ sockets: SocketSet) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        let socketSet = Unmanaged.passUnretained(sockets).toOpaque()
        check(ccurl_set_pointer(easy, CURLOPT_PRIVATE, me))
        check(ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
        check(ccurl_set_pointer(easy, CURLOPT_HEADERDATA, me))
        check(ccurl_set_pointer(easy, CURLOPT_WRITEDATA, me))
        check(
            ccurl_set_receiver(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
                CurlTransfer.at(me)?.receive(bytes, size * count, isBody: false) ?? 0
            }
        )
        check(
            ccurl_set_receiver(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
                CurlTransfer.at(me)?.receive(bytes, size * count, isBody: true) ?? 0
            }
        )
        check(ccurl_set_pointer(easy, CURLOPT_RESOLVER_START_DATA, me))
        check(
            ccurl_set_resolver_start(easy) { _, _, me in
                CurlTransfer.at(me)?.refuseLookup() == true ? 1 : 0
            }
        )
        check(ccurl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, socketSet))
        check(ccurl_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, socketSet))
        check(
            ccurl_set_open_socket(easy) { socketSet, _, address in
                guard let socketSet, let address else { return CURL_SOCKET_BAD }
                let sockets = Unmanaged<SocketSet>.fromOpaque(socketSet).takeUnretainedValue()
                return sockets.open(address.pointee)
            }
        )
        check(
            ccurl_set_close_socket(easy) { socketSet, socket in
                guard let socketSet else { return 1 }
                let sockets = Unmanaged<SocketSet>.fromOpaque(socketSet).takeUnretainedValue()
                return sockets.close(socket)
            }
        )
    }
}
