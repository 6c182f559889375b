import Glibc

/// A socket that no child inherits: one that keeps running would hold it open.
func newSocket(_ family: Int32, _ type: __socket_type) -> Int32 {
    socket(family, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
}

/// Makes what would block for ever fail in the end, and with it the test.
func setPatience(of socket: Int32) {
    var patience = timeval(tv_sec: 30, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
}
