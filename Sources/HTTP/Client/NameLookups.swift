import Alerting
import CLinux
import Glibc
import System

/// A name that a call has to connect to, and its port.
struct SoughtName: Hashable, Sendable {
    package let host: String
    let port: Int
    /// Whether it is the proxy's name, not the URL's.
    let isProxy: Bool
}

/// The result of a lookup.
package enum LookupResult: Hashable, Sendable {
    /// The addresses are numeric, in the order to try them; at least one.
    case addresses([String])
    /// The lookup failed, for this reason in words for an operator.
    case failed(String)
    /// The lookup failed because this machine lacks a resource.
    case shortage(String)
}

/// Finds the addresses of names for the calls of one driver: one lookup per name at a time.
///
/// getaddrinfo(3) takes as long as resolv.conf(5) allows, and cannot be stopped. libcurl would
/// start a thread for every call and abandon it when the call ends: with a slow name server they
/// pile up. Here a slow name has one thread, regardless of the number of calls, and all names
/// together have a bound.
final class NameLookups {
    typealias Lookup = @Sendable (String) -> LookupResult

    /// The maximum of lookups at once, a thread each; more names wait.
    static let maximumThreads = 32
    /// The stack size, enough for getaddrinfo(3) with any module of nsswitch.conf(5).
    private static let stackBytes = 512 << 10

    private let lookup: Lookup
    private let onEnd: @Sendable (String, LookupResult) -> Void
    /// The calls that wait for each host's addresses.
    private var waiters: [String: [HTTPCallID]] = [:]
    private var running: Set<String> = []
    /// The names that wait for a thread, oldest first.
    private var queue: [String] = []

    /// - Parameters:
    ///   - lookup: finds the addresses, and blocks its thread until then.
    ///   - onEnd: runs on a thread of its own; it must lead to `end(_:)`.
    init(
        _ lookup: @escaping Lookup = NameLookups.system,
        onEnd: @escaping @Sendable (String, LookupResult) -> Void
    ) {
        self.lookup = lookup
        self.onEnd = onEnd
    }

    /// Looks up a host for a call, or makes it wait for a lookup in progress.
    ///
    /// - Returns: false if no thread can be started.
    func find(_ host: String, for call: HTTPCallID) -> Bool {
        waiters[host, default: []].append(call)
        guard !running.contains(host), !queue.contains(host) else { return true }
        guard running.count < Self.maximumThreads else {
            queue.append(host)
            return true
        }
        if start(host) { return true }
        waiters[host] = nil
        return false
    }

    /// Removes a call from the waiting ones; a lookup in progress runs to its end.
    func leave(_ host: String, _ call: HTTPCallID) {
        waiters[host]?.removeAll { $0 == call }
        guard waiters[host]?.isEmpty == true else { return }
        waiters[host] = nil
        queue.removeAll { $0 == host }
    }

    /// Records the end of a lookup, and starts the next.
    ///
    /// - Returns: the calls that wait for it.
    func end(_ host: String) -> [HTTPCallID] {
        running.remove(host)
        while running.count < Self.maximumThreads, !queue.isEmpty {
            // A lookup that cannot start is retried when the next one ends, or its calls time out.
            guard start(queue.removeFirst()) else { break }
        }
        return waiters.removeValue(forKey: host) ?? []
    }

    private func start(_ host: String) -> Bool {
        let job = Job { [lookup, onEnd] in onEnd(host, lookup(host)) }
        guard job.start(stackBytes: Self.stackBytes) else { return false }
        running.insert(host)
        return true
    }
}

/// A job on a thread of its own, which exits when the job is done.
private final class Job: Sendable {
    private let work: @Sendable () -> Void

    init(_ work: @escaping @Sendable () -> Void) {
        self.work = work
    }

    func start(stackBytes: Int) -> Bool {
        let me = Unmanaged.passRetained(self)
        let error = clinux_start_thread(
            stackBytes,
            { me in
                if let me { Unmanaged<Job>.fromOpaque(me).takeRetainedValue().work() }
                return nil
            },
            me.toOpaque()
        )
        if error != 0 { me.release() }
        return error == 0
    }
}

extension NameLookups {
    /// Looks the name up in the system, as configured in nsswitch.conf(5) and resolv.conf(5).
    @Sendable package static func system(_ host: String) -> LookupResult {
        var hints = addrinfo()
        hints.ai_family = hasIPv6 ? AF_UNSPEC : AF_INET
        hints.ai_socktype = Int32(clinux_stream)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        let systemError = errno
        guard code == 0 else { return problem(code, systemError) }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next {
            if let address = numeric(entry.pointee), !addresses.contains(address) {
                addresses.append(address)
            }
            next = entry.pointee.ai_next
        }
        return addresses.isEmpty ? .failed("it has no address") : .addresses(addresses)
    }

    /// Whether this machine has IPv6; tested like in libcurl, by opening such a socket.
    private static let hasIPv6: Bool = {
        let socket = socket(AF_INET6, Int32(clinux_datagram) | Int32(clinux_close_on_exec), 0)
        if socket >= 0 { close(socket) }
        return socket >= 0
    }()

    private static func numeric(_ entry: addrinfo) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = getnameinfo(
            entry.ai_addr,
            entry.ai_addrlen,
            &text,
            socklen_t(text.count),
            nil,
            0,
            NI_NUMERICHOST
        )
        let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        // libcurl accepts no address with a zone, such as fe80::1%eth0.
        return code == 0 && !address.contains("%") ? address : nil
    }

    private static func problem(_ code: Int32, _ systemError: Int32) -> LookupResult {
        switch code {
        case EAI_MEMORY: return .shortage(Shortage.words(for: ENOMEM))
        case EAI_SYSTEM where Shortage.isMeant(by: systemError):
            return .shortage(Shortage.words(for: systemError))
        default: break
        }
        // Without a descriptor the resolver finds neither /etc/hosts nor a server; its errors vary.
        if let lack = Shortage.ofDescriptors() { return .shortage(lack) }
        switch code {
        case EAI_NONAME, -5 /* EAI_NODATA */: return .failed("there is no such name")
        case EAI_AGAIN: return .failed("no name server answered")
        default: return .failed(String(cString: gai_strerror(code)))
        }
    }
}
